"""Alerts reach the webhook and the mailbox, and never break a run."""

import socket

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from pytest_httpserver import HTTPServer

from orchestration.alerts import send_alert
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
