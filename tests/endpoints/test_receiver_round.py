"""The whole way: the exporter sends, the receiver shows, somebody answers, the ledger knows."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from endpoints.receiver import Webhook
from exports.delivery.deliver import deliver
from orchestration.sending.collect_receipts import collect_receipts
from orchestration.sending.receiver_setup import sent_elsewhere, sources, words
from stores.operations import deliveries, engine, reading, suppressions
from stores.settings import Settings
from tests.endpoints.test_receiver_page import receipts, token_of
from tests.exports.conftest import NOW, publish_plan, row  # noqa: F401 - fixtures


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation without a section for any destination, beside those of the test."""
    engine(settings)
    files = {"kind": "file_drop", "clear_addresses": True}
    elsewhere = {"kind": "webhook", "url": "https://crm.example.com/x", "secret": "whsec_QUJDREVGR0g="}
    return settings.model_copy(update={"destinations": {"sms_files": files, "far": elsewhere}})


def test_a_message_goes_out_is_shown_answered_and_collected(
    settings: Settings,
    start: Callable[..., Any],
    row: Callable[..., Any],  # noqa: F811
    publish_plan: Callable[..., Any],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GUANXI_NOW", NOW.isoformat())
    publish_plan([row(1), row(2, channel="app_push"), row(3, destination="sms_files")])
    found = sources(settings, settings.ports.demo)
    with start(sources=found, words=lambda: words(settings)) as running:
        # as if the port of the installation was the one that happened to be free
        here = settings.model_copy(update={"ports": settings.ports.model_copy(update={"demo": _port(running.url)})})
        assert deliver(here, NOW).sent == 3
        running.receiver.look_into_folders()
        page = running.page()
        assert page.count("<article") == 3
        assert "好久不见" in page
        assert "App push" in page
        assert "ledger: Accepted" in page
        by_destination = {one.destination: one.delivery_id for one in _kept(settings)}
        for destination, event in (
            ("crm_webhook", "unsubscribed"),
            ("app_push_files", "opened"),
            ("sms_files", "bounced"),
        ):
            data = {"token": token_of(page), "destination": destination, "event": event}
            data["delivery_id"] = by_destination[destination]
            assert running.client.post("/-/answer", data=data).status_code == 303
            assert len(receipts(settings, destination)) == 1
        report = collect_receipts(settings)
        assert (report.events, report.rejected, report.closed) == (3, 0, 2)
        assert "✓ Unsubscribed" in running.page()
    with reading(engine(settings)) as connection:
        states = dict(connection.execute(select(deliveries.c.destination, deliveries.c.state)).all())
        closed = set(connection.scalars(select(suppressions.c.reason)))
    assert states == {"crm_webhook": "delivered", "app_push_files": "delivered", "sms_files": "bounced"}
    assert closed == {"unsubscribed", "bounced"}


def test_what_sends_here_is_served_without_a_section_and_what_sends_elsewhere_is_named(settings: Settings) -> None:
    found = {one.destination: one for one in sources(settings, settings.ports.demo)}
    assert set(found) == {"app_push_files", "crm_webhook", "sms_files"}
    assert isinstance(found["crm_webhook"], Webhook)
    assert found["crm_webhook"].path == "/messaging/webhook"
    assert sent_elsewhere(settings, settings.ports.demo) == ["far"]
    assert sent_elsewhere(settings, settings.ports.demo + 1) == ["crm_webhook", "far"]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://127.0.0.1:8701/a?b=c", "/a"),
        ("http://localhost:8701", "/"),
        ("http://127.0.0.1:8702/a", None),
        ("https://127.0.0.1:8701/a", None),
        ("http://[::1]:8701/a", None),
    ],
)
def test_a_webhook_of_ones_own_is_served_where_its_address_is_this_machine_and_port(
    settings: Settings, url: str, path: str | None
) -> None:
    section = {"mine": {"kind": "webhook", "url": url, "secret": "whsec_QUJDREVGR0g="}}
    served = sources(settings.model_copy(update={"destinations": section}), 8701)
    paths = [one.path for one in served if isinstance(one, Webhook) and one.destination == "mine"]
    assert paths == ([path] if path else [])


def test_the_events_and_their_names_are_those_of_the_seeds(settings: Settings) -> None:
    said = words(settings)
    assert {"delivered", "opened", "clicked", "bounced", "unsubscribed", "complained"} <= set(said.events)
    assert all(said.names[event] != (event, event) for event in said.events)
    assert said.states["accepted"] == ("对方已接收", "Accepted")


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _kept(settings: Settings) -> Any:
    with reading(engine(settings)) as connection:
        return connection.execute(select(deliveries.c.destination, deliveries.c.delivery_id)).all()
