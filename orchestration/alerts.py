"""Tell people that something failed: by webhook, by e-mail, or both, as `[guanxi.alerts]` says."""

from __future__ import annotations

import logging
import smtplib
from email.message import EmailMessage

import httpx

from stores.settings import Settings

log = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 15.0


def send_alert(settings: Settings, subject: str, body: str) -> list[str]:
    """Send an alert everywhere that is configured. Never raises: a broken alert must not break a run.

    Args:
        settings: the installation; `alerts.webhook_url` and `alerts.email_to` choose the ways, both may be empty.
        subject: one line.
        body: plain text.

    Returns:
        The ways that took it: "webhook", "email".
    """
    alerts = settings.alerts
    reached = []
    if alerts.webhook_url:
        try:
            # `text` is what chat tools (WeCom, Slack, Feishu bridges) show; the other fields are for programs.
            document = {"text": f"{subject}\n{body}", "subject": subject, "body": body}
            httpx.post(alerts.webhook_url, json=document, timeout=_TIMEOUT_SECONDS).raise_for_status()
            reached.append("webhook")
        except httpx.HTTPError as failed:
            log.warning("The alert webhook did not take the message: %s", failed)
    if alerts.email_to:
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, alerts.email_from, alerts.email_to
        message.set_content(body)
        try:
            with smtplib.SMTP(alerts.smtp_host, alerts.smtp_port, timeout=_TIMEOUT_SECONDS) as server:
                server.send_message(message)
            reached.append("email")
        except (OSError, smtplib.SMTPException) as failed:
            log.warning("The alert e-mail could not be sent: %s", failed)
    return reached
