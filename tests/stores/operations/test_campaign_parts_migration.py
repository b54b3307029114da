"""Campaigns that an earlier release registered keep their steps, channels and variants, as rows of their own."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select, text

from stores.operations import campaign_channels, campaign_steps, campaign_variants, engine
from stores.operations.migrate import MIGRATIONS
from stores.settings import Settings


def test_channels_that_stood_in_lists_become_rows_with_their_destinations_in_order(settings: Settings) -> None:
    path = Path(settings.operations_database_url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    earlier = create_engine(f"sqlite:///{path}")
    with earlier.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        columns = [row.name for row in connection.execute(text("pragma table_info(campaigns)")) if row.notnull]
        for name, is_active, channels, destinations in (
            ("recall", 1, "sms, app_push", "crm,files"), ("gone", 0, "email", "mail"),
        ):  # fmt: skip
            given = dict.fromkeys(columns, "1") | {
                "campaign_id": name, "version": 3, "step": 2, "is_active": is_active, "channels": channels,
                "destinations": destinations, "template": f"text of {name}", "updated_at": "2026-06-30 02:00:00",
            }  # fmt: skip
            listed = ", ".join(given)
            values = ", ".join(f":{column}" for column in given)
            connection.execute(text(f"insert into campaigns ({listed}) values ({values})"), given)
    earlier.dispose()
    c, s, v = campaign_channels.c, campaign_steps.c, campaign_variants.c
    with engine(settings).connect() as connection:
        found = connection.execute(
            select(c.campaign_id, c.version, c.step, c.channel, c.position, c.destination, c.is_active)
            .order_by(c.campaign_id, c.position)
        ).all()  # fmt: skip
        assert [tuple(row) for row in found] == [
            ("gone", 3, 2, "email", 1, "mail", False),
            ("recall", 3, 2, "sms", 1, "crm", True),
            ("recall", 3, 2, "app_push", 2, "files", True),
        ]
        steps = connection.execute(select(s.campaign_id, s.step, s.template).order_by(s.campaign_id)).all()
        assert [tuple(row) for row in steps] == [("gone", 2, "text of gone"), ("recall", 2, "text of recall")]
        variants = connection.execute(select(v.campaign_id, v.variant, v.weight).order_by(v.campaign_id)).all()
        assert [tuple(row) for row in variants] == [("gone", "a", 1), ("recall", "a", 1)]
