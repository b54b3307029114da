"""Whoever withdraws between planning and claiming gets nothing: for any mix of people, in any order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from exports.delivery.deliver import deliver
from stores.operations import consents, deliveries, engine, reading, record_consents, suppressions, writing
from stores.operations.contact_permissions import Consent
from stores.settings import Settings
from stores.warehouse import current_publication

PEOPLE = 8
answers = st.lists(
    st.tuples(
        st.integers(0, PEOPLE - 1), st.booleans(), st.integers(0, 5), st.sampled_from(["sms", "email", "app_push"])
    ),
    max_size=12,
)


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=answers)
def test_consent_withdrawn_between_plan_and_claim_is_never_sent(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    answers: list[tuple[int, bool, int, str]],
) -> None:  # fmt: skip
    store = engine(settings)
    with writing(store) as connection:
        for table in (deliveries, consents, suppressions):
            connection.execute(delete(table))
    tool.known.clear()
    tool.taken.clear()
    rows = [row(number) for number in range(PEOPLE)]
    if current_publication(settings) is None:  # one plan for all examples: what varies is what people answer
        publish_plan(rows)
    with writing(store) as connection:
        record_consents(
            connection,
            [
                Consent("phone", rows[who]["identifier_token"], channel, "marketing", granted, "test",
                        now - timedelta(hours=hours))
                for who, granted, hours, channel in answers
            ],
        )  # fmt: skip
    last: dict[int, bool] = {}
    for who, granted, _, channel in sorted(answers, key=lambda answer: (-answer[2], not answer[1])):
        if channel == "sms":
            last[who] = granted
    withdrawn = {who for who, granted in last.items() if not granted}
    report = deliver(settings, now)
    with reading(store) as connection:
        reached = connection.execute(
            select(deliveries.c.customer_id, deliveries.c.delivery_id).where(deliveries.c.state == "accepted")
        ).all()
    assert {customer_id for customer_id, _ in reached} == {f"c_{n:05d}" for n in range(PEOPLE) if n not in withdrawn}
    assert set(tool.taken) == {delivery_id for _, delivery_id in reached}
    assert report.refused == ({"no_consent": len(withdrawn)} if withdrawn else {})
