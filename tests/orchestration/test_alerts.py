"""Alerts reach the webhook and the mailbox, and never break a run."""

import socket

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from pytest_httpserver import HTTPServer

from orchestration.runs.alerts import send_alert
from stores.settings import Alerts


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mailbox(Message):
    def __init__(self):
        super().__init__()
        self.messages = []

    def handle_message(self, message):
        self.messages.append(message)


def test_an_alert_goes_to_webhook_and_mailbox(settings, httpserver: HTTPServer):
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    mailbox = Mailbox()
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        alerts = Alerts(
            webhook_url=httpserver.url_for("/hook"), email_to="ops@example.com", smtp_host="127.0.0.1", smtp_port=port
        )
        reached = send_alert(
            settings.model_copy(update={"alerts": alerts}), "Guanxi: refresh failed", "the gate said no"
        )
    finally:
        controller.stop()
    assert reached == ["webhook", "email"]
    assert httpserver.log[0][0].json["subject"] == "Guanxi: refresh failed"
    assert mailbox.messages[0]["To"] == "ops@example.com"


def test_an_alert_that_nobody_takes_is_no_error(settings, httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_data("no", status=500)
    alerts = Alerts(webhook_url=httpserver.url_for("/hook"))
    assert send_alert(settings.model_copy(update={"alerts": alerts}), "subject", "body") == []


def test_without_addresses_nothing_is_sent(settings):
    assert send_alert(settings, "subject", "body") == []


def test_the_key_in_an_alert_address_reaches_no_log(settings, httpserver: HTTPServer, caplog):
    httpserver.expect_request("/services/T0/secret-path").respond_with_data("no", status=500)
    caplog.set_level("DEBUG")
    for url in (
        httpserver.url_for("/services/T0/secret-path") + "?key=secret-query",
        "http://127.0.0.1:1/secret-path?key=secret-query",
        "http://secret-host-\x00/secret-path",
        "http://[secret-path",
    ):
        alerts = Alerts(webhook_url=url)
        assert send_alert(settings.model_copy(update={"alerts": alerts}), "subject", "body") == []
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("orchestration", "httpx"))]
    assert ours
    assert "secret" not in "".join(ours)


def test_an_alert_repeats_no_key_and_nobody(settings, httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_data("ok")
    changed = settings.model_copy(update={"alerts": Alerts(webhook_url=httpserver.url_for("/hook"))})
    body = (
        "shop: GET https://shop.example.com/orders?token=abc failed for 13912345678\nRun: http://127.0.0.1:3000/runs/1"
    )
    send_alert(changed, "Guanxi: refresh\r\nBcc: x@example.com failed", body)
    sent = httpserver.log[0][0].json
    assert "token=abc" not in sent["body"]
    assert "13912345678" not in sent["body"]
    assert "Run: http://127.0.0.1:3000/runs/1" in sent["body"]
    assert "\n" not in sent["subject"]
