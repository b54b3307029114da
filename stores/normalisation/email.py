"""E-mail addresses in any spelling, several in one field too, in the form that is both compared and sent to."""

from __future__ import annotations

import re

import idna

from stores.normalisation.spelling import as_cell

_PLAIN = re.compile(r"[a-z0-9_+-]+(?:[.][a-z0-9_+-]+)*@[a-z0-9]+(?:[.-][a-z0-9]+)*[.][a-z]{2,24}")
_AROUND = r"\s@<>()\[\]{},;:|/\\\"\u201c\u201d\u3001\uff1a\u300a\u300b\u3010\u3011"
# What begins or ends at another @ is two addresses with nothing between them that tells where the first one ends.
_ADDRESS = re.compile(rf"(?<!@)(?<![^{_AROUND}\u3002])([^{_AROUND}\u3002]+)@([^{_AROUND}]+)(?!@|[^{_AROUND}])")
# Signs that stand in no domain, between an address and the next: a@b.cn&c@d.cn, mailto:a@b.cn?cc=c@d.cn
_BETWEEN = re.compile(
    rf"(@[\w-]+(?:[.][\w-]+)+)(?:[?][a-z]+=|[&+=#*^~\u00b7\u3002\uff61'!]+)(?=[^{_AROUND}]+@)", re.IGNORECASE
)
_BLANKS_AROUND_AT = re.compile(r"[ \t]*@[ \t]*")
_OR = re.compile("(?<=[A-Za-z])(?:或者?|以及|[和及与])(?=[A-Za-z0-9])")
# a name is not part of the address: lin(work)@a.cn, lin@(work)a.cn
_COMMENT = re.compile(r"[(][^()@]{0,100}[)](?=@)|(?<=@)[(][^()@]{0,100}[)]")
# "lin.wei"@a.cn is lin.wei@a.cn; what cannot stand without quotes is not sent to
_QUOTED = re.compile(r"\"([^\s@<>()\[\]{},;:|/\\\"]+)\"(?=@)")
_LABEL = re.compile(r"(?:电子)?(?:邮箱|邮件|信箱|电邮|郵箱|信件)(?:地址)?[是为]?(?=[A-Za-z0-9])")
# Stands at the ends of an address only because somebody wrote a sentence.
_ENDS = ".。．｡'`\u2018\u2019!?*…\u00b7~-"
# At the end of the local part a sign may be the mailbox's own: lin-@a.cn is not lin@a.cn.
_LOCAL_ENDS = "'`\u2018\u2019\u201c\u201d"
_IDEOGRAPHIC_STOPS = re.compile("[\u3002\uff61]")
_DOMAIN_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST, _LONGEST_LOCAL_PART, _MOST_ADDRESSES = 254, 64, 16


def emails(value: str) -> list[str]:
    """Every e-mail address in a field, in its order, each once.

    Args:
        value: as the source delivers it: one address, several, with a name, brackets or punctuation around them.

    Returns:
        Addresses in small letters, their domains in ASCII (punycode): what is sent to.
    """
    bare = value.strip().lower()
    if _PLAIN.fullmatch(bare) and "xn--" not in bare and len(bare) <= _LONGEST_LOCAL_PART:
        return [bare]
    return list(dict.fromkeys(address for address in _addresses(_text(value)) if address))[:_MOST_ADDRESSES]


def has_unread_address(value: str) -> bool:
    """Whether something beside an address has an @ and is none."""
    text = _text(value)
    return text.count("@") > 1 and text.count("@") > sum(address is not None for address in _addresses(text))


def _addresses(text: str) -> list[str | None]:
    """What stands around each @ that may be an address; None for what is none."""
    return [
        _address(local.lstrip(_ENDS).rstrip(_LOCAL_ENDS).lower(), domain) for local, domain in _ADDRESS.findall(text)
    ]


def _text(value: str) -> str:
    """The field with blanks between its addresses, without what stands around and within them."""
    text = _BLANKS_AROUND_AT.sub("@", as_cell(_QUOTED.sub(r"\1", value)))
    if "@" not in text:
        text = text.replace("%40", "@")
    text = _LABEL.sub(" ", _COMMENT.sub("", text))
    return _BETWEEN.sub(r"\1 ", _OR.sub(" ", text))


def _address(local: str, domain: str) -> str | None:
    # mailto:a@b.cn?subject=hello
    bare = domain.partition("?")[0].strip(_ENDS).lower()
    # an ideographic full stop is a dot of the domain where the domain has no other, and the end of the sentence else
    bare = _IDEOGRAPHIC_STOPS.sub(".", bare) if "." not in bare else _IDEOGRAPHIC_STOPS.split(bare)[0]
    try:
        ascii_domain = idna.encode(bare, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(_DOMAIN_LABEL.fullmatch(label) for label in labels):
        return None
    if (
        not local
        or local.endswith(".")
        or ".." in local
        or len(local) > _LONGEST_LOCAL_PART
        or len(local) + 1 + len(ascii_domain) > _LONGEST
    ):
        return None
    return f"{local}@{ascii_domain}"
