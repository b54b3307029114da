"""The page that shows what came. Every text on it may be hostile: nothing is written that was not escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from endpoints.receiver.inbox import Kept
from endpoints.receiver.ledger import Known
from endpoints.receiver.page_words import WORDS, command
from endpoints.receiver.senders import Folder, Webhook, Words
from stores.message_channels import MessageChannel
from stores.settings import Settings

PER_PAGE = 30
STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
SCRIPT = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
# The only marks in these pages are our own; `nonce` lets style and script in and nothing else.
POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
    "img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class View:
    """What a page is made of.

    Attributes:
        messages: those of this page.
        known: what the ledger says about them.
        count: of all messages.
        page: which page, from 1.
        words: how messages may be answered, and what things are called.
        channels: the message channels by name.
        problems: why files are not taken, by name.
        sources: from where messages come.
        token: what a form must give back.
        nonce: of this answer.
        language: `en` or `zh`.
    """

    messages: Sequence[Kept]
    known: Mapping[str, Known]
    count: int
    page: int
    words: Words
    channels: Mapping[str, MessageChannel]
    problems: Mapping[str, str]
    sources: Sequence[Webhook | Folder]
    token: str
    nonce: str
    language: str

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.count // PER_PAGE))

    def say(self, name: str, **values: object) -> str:
        """A word of the page, escaped with what stands in it."""
        return escape(WORDS[self.language][name].format(**values))

    def named(self, english: str, chinese: str) -> str:
        """One of two names, escaped."""
        return escape(chinese if self.language == "zh" else english)


def page(settings: Settings, view: View) -> str:
    """The whole page as HTML."""
    count = view.say("count_one" if view.count == 1 else "count", count=f"{view.count:,}")
    parts = [
        f'<h1>{view.say("title")}</h1><p class="muted">{view.say("about")} {count if view.count else ""}</p>',
        _sources(view),
        f'<a class="more" href="/" hidden>{view.say("more")}</a>',
    ]
    if view.messages:
        if any(event not in _events(view, kept) for kept in view.messages for event, _ in kept.answers):
            before, after = (escape(text) for text in WORDS[view.language]["uncollected"].split("{command}"))
            collects = f"<code>{escape(command(settings, 'receipts'))}</code>"
            parts.append(f'<p class="muted hint">{before}{collects}{after}</p>')
        parts += [_message(settings, view, kept) for kept in view.messages]
        parts.append(_pages(view))
    else:
        lines = "\n".join(
            command(settings, text) for text in ("campaign list", "campaign approve CAMPAIGN --by YOUR_NAME", "run")
        )
        parts.append(
            f'<section class="empty"><b>{view.say("empty")}</b><p class="muted">{view.say("empty_hint")}</p>'
            f"<pre><code>{escape(lines)}</code></pre></section>"
        )
    return _document(view.language, view.nonce, "".join(parts), view.count)


def notice(language: str, nonce: str, word: str) -> str:
    """A page with one sentence and the way back."""
    words = WORDS[language]
    body = f'<section class="empty"><p>{escape(words[word])}</p><a href="/">{escape(words["back"])}</a></section>'
    return _document(language, nonce, body, None)


def _document(language: str, nonce: str, body: str, count: int | None) -> str:
    words = WORDS[language]
    script = "" if count is None else f'<script nonce="{nonce}">{SCRIPT}</script>'
    return (
        f'<!doctype html><html lang="{words["language"]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<title>{escape(words["title"])} · Guanxi 关系</title><style nonce="{nonce}">{STYLE}</style></head>'
        f'<body data-count="{count or 0}"><main>{body}</main>{script}</body></html>'
    )


def _sources(view: View) -> str:
    shown = [
        f"<li><b>{escape(one.destination)}</b> "
        + (
            f"{view.say('webhook')} <code>{escape(one.path)}</code>"
            if isinstance(one, Webhook)
            else f"{view.say('folder')} <code>{escape(str(one.folder))}</code>"
        )
        + "</li>"
        for one in view.sources
    ]
    said = f'<ul class="served" aria-label="{view.say("served")}">{"".join(shown)}</ul>' if shown else ""
    waiting = "".join(
        f'<p class="warn">{view.say("waiting")}: {escape(name)}: {escape(why)}</p>'
        for name, why in list(view.problems.items())[:20]
    )
    return (said or f'<p class="warn">{view.say("nobody")}</p>') + waiting


def _message(settings: Settings, view: View, kept: Kept) -> str:
    message = kept.message
    anchor = f"m-{escape(kept.destination)}-{escape(kept.delivery_id)}"
    when = f'<time datetime="{kept.received_at.isoformat()}">{kept.received_at:%Y-%m-%d %H:%M:%S}</time>'
    if message is None:
        return f'<article id="{anchor}"><div class="head">{when}</div><p>{view.say("unreadable")}</p></article>'
    known = view.channels.get(message.channel)
    channel = view.named(known.name_en, known.name_zh) if known else escape(message.channel or "?")
    facts = [view.say("step", step=message.step)] if message.step is not None else []
    facts += [view.say("variant", variant=message.variant)] if message.variant else []
    facts += [view.say("version", version=message.campaign_version)] if message.campaign_version else []
    title = f"<b>{escape(message.title)}</b>" if message.title else ""
    below = [f"<span>{view.say('to', address=message.address)}</span>"]
    if message.refusal:
        why = view.say(message.refusal) if message.refusal in WORDS[view.language] else escape(message.refusal)
        below.append(f'<span class="warn">{view.say("refused")}: {why}</span>')
    elif kept.delivery_id in view.known:
        below.append(f"<span>{view.say('ledger', state=_state(view, view.known[kept.delivery_id].state))}</span>")
    below.append(f"<span>{escape(kept.destination)}</span>")
    explained = escape(command(settings, f"explain delivery {kept.delivery_id}"))
    return (
        f'<article id="{anchor}"><div class="head"><span class="channel">{channel}</span>'
        f'<span class="campaign">{escape(message.campaign_id)}</span>'
        f'<span class="muted">{" · ".join(facts)}</span>{when}</div>'
        f'<div class="bubble">{title}{escape(message.text)}</div><div class="facts">{"".join(below)}</div>'
        f"{_told(view, kept)}{_form(view, kept) if kept.is_taken else ''}"
        f"<details><summary>{view.say('follow')}</summary><code>{explained}</code></details></article>"
    )


def _events(view: View, kept: Kept) -> set[str]:
    """The events of a message that the ledger has collected."""
    return view.known[kept.delivery_id].events if kept.delivery_id in view.known else set()


def _told(view: View, kept: Kept) -> str:
    collected = _events(view, kept)
    shown = "".join(
        f'<li class="{"in" if event in collected else ""}" '
        f'title="{view.say("collected" if event in collected else "answered")}">'
        f"{'✓' if event in collected else '○'} {_name(view, event)} {moment:%H:%M:%S}</li>"
        for event, moment in kept.answers
    )
    return f'<ul class="told">{shown}</ul>' if shown else ""


def _name(view: View, event: str) -> str:
    """The name of an event, escaped; the event itself where no row names it."""
    chinese, english = view.words.names.get(event, (event, event))
    return view.named(english, chinese)


def _state(view: View, state: str) -> str:
    """The name of a state of the ledger, as `say` takes it; the state itself where no row names it."""
    chinese, english = view.words.states.get(state, (state, state))
    return chinese if view.language == "zh" else english


def _form(view: View, kept: Kept) -> str:
    done = {event for event, _ in kept.answers}
    buttons = "".join(
        f'<button name="event" value="{escape(event)}">{_name(view, event)}</button>'
        for event in view.words.events
        if event not in done
    )
    hidden = {"token": view.token, "destination": kept.destination, "delivery_id": kept.delivery_id, "page": view.page}
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{escape(str(value))}">' for name, value in hidden.items()
    )
    return f'<form method="post" action="/-/answer">{fields}<span>{view.say("answer")}</span>{buttons}</form>'


def _pages(view: View) -> str:
    if view.pages == 1:
        return ""
    newer = f'<a href="/?page={view.page - 1}">{view.say("newer")}</a>' if view.page > 1 else ""
    older = f'<a href="/?page={view.page + 1}">{view.say("older")}</a>' if view.page < view.pages else ""
    return f'<nav class="pages">{newer}<span>{view.say("page", page=view.page, pages=view.pages)}</span>{older}</nav>'
