"""Tell people that something failed: by webhook, by e-mail, or both, as `[guanxi.alerts]` says."""

from __future__ import annotations

import logging
import smtplib
from email.message import EmailMessage

import httpx

from stores.redaction.log_lines import log_line
from stores.settings import Settings

log = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 15.0
# It logs the address of every request, and addresses of webhooks are keys.
logging.getLogger("httpx").setLevel(logging.WARNING)


def send_alert(settings: Settings, subject: str, body: str) -> list[str]:
    """Send an alert everywhere that is configured. Never raises: a broken alert must not break a run.

    Args:
        settings: the installation; `alerts.webhook_url` and `alerts.email_to` choose the ways, both may be empty.
        subject: one line.
        body: plain text; what may be a key or personal in it is replaced.

    Returns:
        The ways that took it: "webhook", "email".
    """
    alerts = settings.alerts
    reached = []
    subject, body = log_line(subject), "\n".join(log_line(line) for line in body.splitlines())
    if alerts.webhook_url:
        try:
            # `text` is what chat tools (WeCom, Slack, Feishu bridges) show; the other fields are for programs.
            document = {"text": f"{subject}\n{body}", "subject": subject, "body": body}
            httpx.post(alerts.webhook_url, json=document, timeout=_TIMEOUT_SECONDS).raise_for_status()
            reached.append("webhook")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as failed:
            # The address is the key to the chat: neither it nor an exception that holds it belongs in a log.
            log.warning("The alert webhook did not take the message: %s", _why(failed))
    if alerts.email_to:
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, alerts.email_from, alerts.email_to
        message.set_content(body)
        try:
            with smtplib.SMTP(alerts.smtp_host, alerts.smtp_port, timeout=_TIMEOUT_SECONDS) as server:
                server.send_message(message)
            reached.append("email")
        except (OSError, smtplib.SMTPException, ValueError) as failed:
            log.warning("The alert e-mail could not be sent: %s", type(failed).__name__)
    return reached


def _why(failed: Exception) -> str:
    return f"HTTP {failed.response.status_code}" if isinstance(failed, httpx.HTTPStatusError) else type(failed).__name__
