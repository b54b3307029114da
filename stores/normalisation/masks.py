"""What may be shown of a value: enough to recognise it, never enough to know it.

Every mask hides something, and none shows more than four digits in a row: the gate before publishing looks for five.
"""

from __future__ import annotations

import re
from collections.abc import Callable

HIDDEN = "****"

_LONG_NUMBER = re.compile("([0-9０-９]{2})[0-9０-９]{3,}")


def mask(kind: str, normalised: str | None) -> str:
    """What may be shown: 138****1234, z***@example.com, 王*; four stars for what is not valid.

    Args:
        kind: a kind that `normalise` knows.
        normalised: the value in its one form, None for one that has none.
    """
    if not normalised:
        return HIDDEN
    shown = _LONG_NUMBER.sub(lambda found: f"{found.group(1)}**", _MASKS[kind](normalised))
    return shown if "*" in shown else HIDDEN


def _phone(normalised: str) -> str:
    national = normalised.partition(";")[0].removeprefix("+86")
    if len(national) == 11 and not national.startswith("+"):
        return f"{national[:3]}{HIDDEN}{national[-4:]}"
    return f"{national[:3]}{HIDDEN}{national[-2:]}"


def _email(normalised: str) -> str:
    local, _, domain = normalised.partition("@")
    return f"{local[:1]}***@{domain}"


def _name(normalised: str) -> str:
    return f"{normalised[0]}*"


def _id_number(normalised: str) -> str:
    return f"{normalised[:2]}{HIDDEN}{normalised[-2:]}"


def _address(normalised: str) -> str:
    return f"{normalised[:3]}{HIDDEN}" if len(normalised) > 6 else HIDDEN


_MASKS: dict[str, Callable[[str], str]] = {
    "phone": _phone,
    "any_phone": _phone,
    "email": _email,
    "name": _name,
    "given_name": _name,
    "family_name": _name,
    "id_number": _id_number,
    "address": _address,
}
