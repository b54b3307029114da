"""A messaging tool behind a signed webhook (Standard Webhooks), one request per batch.

The request's body is `{"batch_id", "messages": [{"delivery_id", …, "to", "content"}]}`; `webhook-id` is the batch id,
which depends only on the delivery ids in it, so the peer recognises a repetition. `webhook_answer` reads what it says.
"""

from __future__ import annotations

import base64
import email.utils
import ipaddress
import json
import logging
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar

import httpx
import stamina
from pydantic import Field, SecretStr, field_validator
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from exports.destinations.bounded_http import Answer, BoundedPoster
from exports.destinations.destination import (
    Batch,
    Destination,
    DestinationSettings,
    PeerClass,
    Reply,
    Status,
    same_outcome,
)
from exports.destinations.webhook_answer import outcomes
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.settings import Settings

log = logging.getLogger(__name__)

# At INFO it writes every URL into the log, and a webhook's URL may be a secret.
logging.getLogger("httpx").setLevel(logging.WARNING)

DEMO_INSTANCE = "crm_webhook"
_THIS_MACHINE = ("127.0.0.1", "localhost")
_PROVEN_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_CONFIGURATION = {401: "wrong_key", 403: "forbidden", 404: "no_such_address", 405: "no_such_address"}


class WebhookSettings(DestinationSettings):
    """Section of a webhook destination; `secret` belongs in `.dlt/secrets.toml`."""

    url: str
    secret: SecretStr | None = None
    batch_size: int = Field(500, ge=1, le=500)
    concurrency: int = Field(4, ge=1, le=32)
    timeout_seconds: float = Field(20, gt=0, le=120, description="for one whole request, answer included")
    attempts: int = Field(3, ge=1, le=10, description="tries within one run, where proven that nothing was sent")
    longest_wait_seconds: float = Field(10, ge=0, le=300, description="a longer Retry-After waits for the next run")
    dedupe_window_hours: float = Field(24, ge=0, description="for how long the peer recognises a webhook-id")

    @field_validator("url")
    @classmethod
    def _safe(cls, value: str) -> str:
        try:
            url = httpx.URL(value)
        except httpx.InvalidURL as bad:
            raise ValueError("not a URL") from bad
        if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.host)):
            raise ValueError("must begin with https:// (http:// only for this machine: the body holds phone numbers)")
        return value


class WebhookDestination(Destination):
    """Sends batches by HTTP POST and reads the peer's answer for each message."""

    kind: ClassVar[str] = "webhook"
    peer_class: ClassVar[PeerClass] = PeerClass.DEDUPES
    settings_model: ClassVar[type[DestinationSettings]] = WebhookSettings

    def __init__(self, name: str, own: WebhookSettings, settings: Settings) -> None:
        super().__init__(name, own, settings)
        self.batch_size = own.batch_size
        self.concurrency = own.concurrency
        self.dedupe_window = timedelta(hours=own.dedupe_window_hours)
        if not _is_derived(name, own, settings):
            _ = self.secret  # one that is missing or wrong is refused now
        # A proxy configured for the internet cannot reach this machine.
        self._poster = BoundedPoster(own.timeout_seconds, trust_env=not _is_loopback(httpx.URL(own.url).host))

    @cached_property
    def secret(self) -> SecretStr:
        """What messages are signed with. The demo's comes from the keyring, which whoever only looks does not need."""
        return SecretStr(_secret(self.name, self.own, self.settings))

    @cached_property
    def _webhook(self) -> Webhook:
        return Webhook(self.secret.get_secret_value())

    @classmethod
    def demo_instances(cls, settings: Settings) -> dict[str, dict[str, Any]]:
        """The demo's messaging tool, served by `guanxi demo` on this machine."""
        return {DEMO_INSTANCE: {"url": _demo_url(settings)}}

    def path_here(self, port: int) -> str | None:
        """The path of its address, where that is this machine and this port; None where it is another one."""
        url = httpx.URL(self.own.url)
        is_here = (url.scheme, url.host in _THIS_MACHINE, url.port or 80) == ("http", True, port)
        return (url.path or "/") if is_here else None

    def send(self, batch: Batch) -> Reply:
        """Post a batch. Tries again only where proven that the peer took nothing."""
        body = _body(batch)
        try:
            for attempt in stamina.retry_context(
                on=self._wait, attempts=self.own.attempts, timeout=None, wait_initial=0.2, wait_max=5
            ):
                with attempt:
                    return self._read(batch, self._post(batch.batch_id, body))
        except _NotSentError as refused:
            return Reply(same_outcome(batch, Status.NOT_SENT, refused.reason, refused.retry_after), stop=refused.reason)
        except _PROVEN_NOT_SENT as unreachable:
            reason = f"not_reached_{type(unreachable).__name__}"
            return Reply(same_outcome(batch, Status.NOT_SENT, reason), stop=reason)
        except Exception as lost:  # whatever the peer and the network can think of: nobody knows whether it arrived
            return Reply(same_outcome(batch, Status.UNKNOWN, f"no_answer_{type(lost).__name__}"))
        raise AssertionError("stamina always ends in a return or an exception")

    def close(self) -> None:
        """Close the connections."""
        self._poster.close()

    def _wait(self, error: Exception) -> bool | float:
        """Whether to try again within this run, or after how many seconds."""
        if isinstance(error, _NotSentError):
            wait = error.retry_after.total_seconds() if error.retry_after else 1.0
            return wait if wait <= self.own.longest_wait_seconds else False
        return isinstance(error, _PROVEN_NOT_SENT)

    def _post(self, batch_id: str, body: str) -> Answer:
        # `sign` takes the clock face for UTC whatever the zone says, so it must be given UTC.
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json; charset=utf-8",
            "webhook-id": batch_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(batch_id, now, body),
        }
        return self._poster.post(self.own.url, body.encode(), headers)

    def _read(self, batch: Batch, response: Answer) -> Reply:
        code = response.status
        if 200 <= code < 300:
            return Reply(outcomes(batch, response.body))
        if code == 429:
            raise _NotSentError("too_many_requests", _retry_after(response))
        if code == 410:
            return Reply(same_outcome(batch, Status.NOT_SENT, "gone"), stop="gone", disable=True)
        if code in _CONFIGURATION or code < 400:
            reason = _CONFIGURATION.get(code, f"answered_{code}")
            return Reply(same_outcome(batch, Status.NOT_SENT, reason), stop=reason)
        if code < 500:
            return Reply(same_outcome(batch, Status.REJECTED, f"refused_{code}"), refused_whole=True)
        return Reply(same_outcome(batch, Status.UNKNOWN, f"answered_{code}"))


class _NotSentError(Exception):
    """The peer said that it took nothing, and perhaps when to come again."""

    def __init__(self, reason: str, retry_after: timedelta | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


def _body(batch: Batch) -> str:
    messages = [
        {
            "delivery_id": message.delivery_id,
            "campaign_id": message.campaign_id,
            "campaign_version": message.campaign_version,
            "step": message.step,
            "channel": message.channel,
            "variant": message.variant,
            "to": message.to,
            "content": message.content,
            **({"is_test": True} if message.is_test else {}),
        }
        for message in batch.messages
    ]
    document = {"batch_id": batch.batch_id, "messages": messages}
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _retry_after(response: Answer) -> timedelta | None:
    """`Retry-After`, in seconds or as a date; at most a day."""
    value = response.headers.get("retry-after", "").strip()[:100]
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), 86_400))
    try:
        wait = email.utils.parsedate_to_datetime(value) - datetime.now(UTC)
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta(0)), timedelta(days=1))


def _secret(name: str, own: WebhookSettings, settings: Settings) -> str:
    if own.secret is not None:
        secret = own.secret.get_secret_value()
        try:
            Webhook(secret)
        except (ValueError, EmptyWebhookSecretError) as bad:
            raise UserError(f"[destinations.{name}] secret is not whsec_ and base64.") from bad
        return secret
    if _is_derived(name, own, settings):
        # The demo's tool knows the installation's keyring; no secret needs to stand in the repository.
        derived = open_keyring(settings).token("webhook_secret", name)
        return "whsec_" + base64.b64encode(derived.encode()).decode()
    raise UserError(f"[destinations.{name}] secret is missing. Put it into .dlt/secrets.toml under the same section.")


def _is_derived(name: str, own: WebhookSettings, settings: Settings) -> bool:
    return own.secret is None and name == DEMO_INSTANCE and own.url == _demo_url(settings)


def _demo_url(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.ports.demo}/messaging/webhook"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
