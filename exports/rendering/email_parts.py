"""The parts of an e-mail: HTML with its styles inline and a dark mode, and plain text that says the same."""

from __future__ import annotations

import functools
import html
import re
from html.parser import HTMLParser
from typing import Any

_HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
)
_DARK = (
    "<style>:root{color-scheme:light dark;supported-color-schemes:light dark}"
    "@media (prefers-color-scheme: dark){body{background:#121212 !important;color:#eeeeee !important}"
    "a{color:#8ab4f8 !important}}</style>"
)
_BODY = "font-family:-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif;line-height:1.6;margin:16px"
_SCHEME = re.compile("""<meta[^>]*name=["']?color-scheme""", re.IGNORECASE)
_MARKUP = re.compile(r"<(!doctype|[a-z][a-z0-9]*)[\s/>]", re.IGNORECASE)
_BLOCKS = {
    "address", "article", "blockquote", "br", "div", "dl", "dt", "dd", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "ol", "p", "section", "table", "tr", "ul",
}  # fmt: skip
_UNSEEN = {"head", "style", "script", "title", "template"}
_FORBIDDEN = {"script", "iframe", "object", "embed", "form", "base", "link", "applet", "frame", "frameset"}
_SCHEMES = ("https:", "http:", "mailto:", "tel:")
_LINKING = {"href", "src", "action", "formaction", "background", "poster", "xlink:href", "srcset"}
# Browsers leave these out of an address before they read its scheme.
_IGNORED = re.compile(r"[\x00-\x20\x7f]")


def is_markup(text: str) -> bool:
    """Whether a text is written in HTML."""
    return bool(_MARKUP.search(text))


def email_html(body: str) -> str:
    """A whole document: its head for dark mode, and each style on its element, since many programs read no others.

    Args:
        body: HTML, a document or what stands in its body.
    """
    document = body if re.search(r"<html[\s>]", body, re.IGNORECASE) else f"<html><body>{body}</body></html>"
    if not re.search(r"<head[\s>]", document, re.IGNORECASE):
        document = re.sub(r"(<html[^>]*>)", r"\1<head></head>", document, count=1, flags=re.IGNORECASE)
    added = ("" if _SCHEME.search(document) else _HEAD) + ("" if "prefers-color-scheme" in document else _DARK)
    head = re.search(r"<head[^>]*>", document, re.IGNORECASE)
    place = head.end() if head else 0
    document = document[:place] + added + document[place:]
    document = document if document.lstrip()[:9].lower() == "<!doctype" else f"<!DOCTYPE html>{document}"
    return str(_inliner().inline(document))


def html_of_text(text: str) -> str:
    """HTML of a plain text: a paragraph for each of its own, everything else as it stands."""
    paragraphs = [html.escape(one.strip()).replace("\n", "<br>") for one in re.split(r"\n\s*\n", text) if one.strip()]
    return email_html(
        f'<html><body style="{_BODY}">' + "".join(f"<p>{one}</p>" for one in paragraphs) + "</body></html>"
    )


def read_html(document: str) -> tuple[str, str | None]:
    """What an HTML document says, and what an e-mail must not have of it.

    Returns:
        Plain text: links as `label (address)`, images by their text. And the first program, form, thing that is
        fetched, or address that is none of the web; None where there is none.
    """
    reader = _Reader()
    reader.feed(document)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.said).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), reader.problem


@functools.cache
def _inliner() -> Any:
    import css_inline  # here, because only e-mails need it

    # nothing is fetched from anywhere
    return css_inline.CSSInliner(keep_at_rules=True, keep_link_tags=True, load_remote_stylesheets=False)


class _Reader(HTMLParser):
    """Collects what can be read, and looks for what an e-mail must not have."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.problem: str | None = None
        self._unseen = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._check(tag, attrs)
        values = dict(attrs)
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "a":
            self._links.append((values.get("href") or "", len(self.said)))
        elif tag == "img" and values.get("alt"):
            self.said.append(str(values["alt"]))
        elif tag in _BLOCKS:
            self.said.append("\n- " if tag == "li" else "\n\n" if tag == "p" or tag[0] == "h" else "\n")
        elif tag in ("td", "th"):
            self.said.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "a" and self._links:
            address, since = self._links.pop()
            label = "".join(self.said[since:]).strip()
            address = address.removeprefix("mailto:").removeprefix("tel:")
            if address and not address.startswith("#") and address != label:
                self.said.append(f" ({address})" if label else address)
        elif tag in _BLOCKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            # a line break of the source is a space
            self.said.append(re.sub(r"\s+", " ", data))

    def _check(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FORBIDDEN:
            self.problem = self.problem or f"an e-mail must not have <{tag}>"
        for name, value in attrs:
            if name.startswith("on") or name == "http-equiv":
                self.problem = self.problem or f"an e-mail must not have {name}="
            elif name in _LINKING and value:
                address = _IGNORED.sub("", value).lower()
                if address and not address.startswith((*_SCHEMES, "#", "\ue000")):
                    self.problem = self.problem or (
                        f"{name} of <{tag}> is {value[:40]!r}, and must begin with {', '.join(_SCHEMES)}"
                    )
