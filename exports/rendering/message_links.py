"""Links in messages: where they come from (UTM), whom they were sent to (signed), and the one to unsubscribe.

A text is made once for all who share its fields, so what belongs to one message stands in it as a mark until the
message is known. Marks are letters of the private use area, which no value of a customer keeps.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from stores.links.link_settings import Links
from stores.links.signed_links import CLICK, LETTERS, UNSUBSCRIBE, LinkSigner, SignedLink

UNSUBSCRIBE_MARK = f"\ue000{LETTERS[UNSUBSCRIBE]}\ue001"
NOT_SET_UP = "links_not_set_up"

_MARK = re.compile("\ue000([cu])([^\ue001]*)\ue001")
_HREF = re.compile(r'(<a\b[^>]*?\bhref=")([^"]*)(")', re.IGNORECASE)
_IN_TEXT = re.compile(r"https?://[^\s<>\"'，。；！？、（）()【】《》“”]+", re.IGNORECASE)
_PARTS = ("title", "body", "text", "html")


@dataclass(frozen=True)
class Campaigning:
    """What the UTM parameters of a message say.

    Attributes:
        campaign_id: utm_campaign.
        channel: utm_medium.
        variant: utm_content.
    """

    campaign_id: str
    channel: str
    variant: str | None


def with_utm(url: str, said: Campaigning) -> str:
    """An address with the UTM parameters that it does not have; its own query and fragment stay as they are.

    Args:
        url: http or https.
        said: of the message.
    """
    parts = urlsplit(url)
    own = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    wanted = {
        "utm_source": "guanxi",
        "utm_medium": said.channel,
        "utm_campaign": said.campaign_id,
        "utm_content": said.variant,
    }
    added = "&".join(f"{name}={quote(value, safe='')}" for name, value in wanted.items() if value and name not in own)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))


@dataclass(frozen=True)
class MessageLinks:
    """The links of an installation's messages.

    Attributes:
        links: the settings.
        signer: makes the tokens.
        moment: when messages are made, aware.
    """

    links: Links
    signer: LinkSigner
    moment: datetime

    def mark(self, content: Mapping[str, Any], said: Campaigning, is_html: bool, is_counted: bool) -> dict[str, Any]:
        """A message whose links to one's own hosts say where they come from; those of an e-mail count clicks as well.

        Args:
            content: the parts of the message.
            said: for the UTM parameters.
            is_html: whether it has an HTML part.
            is_counted: whether parameters are added; not in text messages, which are paid by their length.
        """
        found = dict(content)
        if not is_counted or not self.links.hosts:
            return found
        if is_html:
            found["html"] = _HREF.sub(lambda link: self._marked(link, said), str(found["html"]))
        for part in ("body", "text"):
            if part in found:
                found[part] = _IN_TEXT.sub(lambda link: self._addressed(link.group(), said, is_html), str(found[part]))
        return found

    def finish(self, content: Mapping[str, Any], delivery_id: str, is_html: bool) -> dict[str, Any] | str:
        """The message as it leaves, each mark a signed link.

        Args:
            content: as `mark` gives it.
            delivery_id: the message.
            is_html: it is an e-mail, which names in its headers where one unsubscribes (RFC 8058).

        Returns:
            The parts; or, as a plain string, why it must wait.
        """
        found = dict(content)
        if any("\ue000" in str(found.get(part, "")) for part in _PARTS):
            if not self.links.base_url:
                return f"{NOT_SET_UP}: base_url of [guanxi.links] is missing"
            for part in _PARTS:
                if part in found:
                    found[part] = _MARK.sub(lambda mark: self._signed(mark, delivery_id), str(found[part]))
        if is_html and self.links.base_url:
            found["list_unsubscribe"] = f"<{self._url(UNSUBSCRIBE, delivery_id, '')}>"
            found["list_unsubscribe_post"] = "List-Unsubscribe=One-Click"
        return found

    def _marked(self, link: re.Match[str], said: Campaigning) -> str:
        address = self._addressed(html.unescape(link.group(2)), said, is_html=True)
        escaped = address if "\ue000" in address else html.escape(address)
        return f"{link.group(1)}{escaped}{link.group(3)}"

    def _addressed(self, url: str, said: Campaigning, is_html: bool) -> str:
        """An address with its parameters, where it is one of one's own hosts."""
        try:
            parts = urlsplit(url)
            is_own = parts.scheme.lower() in ("http", "https") and self._is_own(parts.hostname or "")
        except ValueError:
            return url
        if not is_own:
            return url
        tracked = with_utm(url, said)
        return f"\ue000{LETTERS[CLICK]}{tracked}\ue001" if is_html and self.links.base_url else tracked

    def _is_own(self, host: str) -> bool:
        return any(host.lower() == own.lower() or host.lower().endswith(f".{own.lower()}") for own in self.links.hosts)

    def _signed(self, mark: re.Match[str], delivery_id: str) -> str:
        purpose = CLICK if mark.group(1) == LETTERS[CLICK] else UNSUBSCRIBE
        return self._url(purpose, delivery_id, mark.group(2))

    def _url(self, purpose: str, delivery_id: str, target: str) -> str:
        expires = self.moment + timedelta(days=self.links.days)
        token = self.signer.sign(SignedLink(delivery_id, purpose, target, expires))
        return f"{self.links.base_url.rstrip('/')}/{LETTERS[purpose]}/{token}"

    def at(self, moment: datetime) -> MessageLinks:
        """The same at another moment."""
        return replace(self, moment=moment)
