"""Receipt events of an earlier release get what newer ones have, so that they are known when they come again."""

from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, insert, select, text

from stores.operations import delivery_events, engine, event_digest
from stores.operations.migrate import MIGRATIONS
from stores.settings import Settings

MOMENT = datetime(2026, 6, 30, 2, 5)


def test_an_event_of_an_earlier_release_has_the_digest_under_which_it_comes_again(settings: Settings) -> None:
    path = Path(settings.operations_database_url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    earlier = create_engine(f"sqlite:///{path}")
    with earlier.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(text("pragma foreign_keys = off"))
        columns = [row.name for row in connection.execute(text("pragma table_info(deliveries)")) if row.notnull]
        given = dict.fromkeys(columns, "1") | {"delivery_id": "d_1", "destination": "crm", "state": "sent"}
        names = ", ".join(given)
        connection.execute(
            text(f"insert into deliveries ({names}) values ({', '.join(':' + n for n in given)})"), given
        )
        for number, (event, detail) in enumerate([("sent", None), ("bounced", "soft: full"), ("bounced", "")]):
            values = {"event_id": f"msg-{number}", "delivery_id": "d_1", "event": event, "detail": detail}
            table = delivery_events
            connection.execute(
                insert(table).values(**values, occurred_at=MOMENT, received_at=MOMENT, updated_at=MOMENT)
            )
    earlier.dispose()
    with engine(settings).connect() as connection:
        rows = connection.execute(select(delivery_events).order_by(delivery_events.c.event_id)).all()
    assert [row.bounce_class for row in rows] == [None, "soft", "hard"]
    for row in rows:
        content = (row.event, row.detail, row.occurred_at)
        assert row.digest == event_digest("crm", row.event_id, "d_1", *content)
        assert (row.destination, row.peer_event_id) == ("crm", row.event_id)
