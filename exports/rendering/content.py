"""The parts of a message from what a template makes: text; title and body; title, HTML and plain text of an e-mail."""

from __future__ import annotations

from exports.policy.sms_size import sms_parts
from exports.rendering.email_parts import email_html, html_of_text, read_html
from stores.message_channels import MessageChannel

Content = dict[str, str | int]
TEXT_PARTS = ("title", "body", "text", "html")
"""Parts that people read, in their order."""
LONGEST_TITLE = 200
NOT_ALLOWED = "template_not_allowed"


def content_of(channel: MessageChannel, text: str, marked_up: str | None, plain: str | None) -> Content | str:
    """The parts of a message; or, as a plain string, why it must not be sent.

    Args:
        channel: the message channel.
        text: what the template makes, its values as they are.
        marked_up: the same with its values escaped, where what it makes is HTML.
        plain: what the template of the plain-text part makes, where there is one.
    """
    problem = title_problem(text) if channel.has_title else None if text.strip() else "the text is empty"
    if problem:
        return f"{NOT_ALLOWED}: {problem}"
    if not channel.has_title:
        text = text.strip()
        return {"text": text, "parts": sms_parts(text)} if channel.follows_sms_rules else {"text": text}
    title, _, body = text.partition("\n")
    if channel.is_html:
        return _email(title.strip(), body.strip(), marked_up, plain)
    return {"title": title.strip(), "body": body.strip()}


def title_problem(text: str) -> str | None:
    """What is wrong with a text whose first line is its title."""
    title, _, body = text.partition("\n")
    title = title.strip()
    if not title:
        return "the first line is the title and must not be empty (a tag alone on a line leaves one: use {%- … -%})"
    if title.startswith("<"):
        return f"the first line is the title, and {title[:40]!r} is markup"
    if len(title) > LONGEST_TITLE:
        return f"the first line is the title and may have {LONGEST_TITLE} characters, not {len(title)}"
    if not body.strip():
        return "the first line is the title, and below it there is no text"
    return None


def _email(title: str, body: str, marked_up: str | None, plain: str | None) -> Content | str:
    if marked_up is None:
        return {"title": title, "html": html_of_text(body), "text": body}
    document = email_html(marked_up.partition("\n")[2].strip())
    read, problem = read_html(document)
    text = read if plain is None else plain.strip()
    problem = problem or (None if text else "an e-mail must have text, and its HTML says nothing")
    if problem:
        return f"{NOT_ALLOWED}: {problem}"
    return {"title": title, "html": document, "text": text}
