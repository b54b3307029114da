"""What the law says about texts and hours, as checks."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

SMS_SIGNATURE = re.compile(r"^【[^】]{2,12}】")
SMS_OPT_OUT = ("拒收请回复R", "退订回T")
_SMS_ONE_PART = 70
_SMS_LATER_PARTS = 67

SENDING_HOURS = {"sms": (time(9), time(21))}
"""Hours, in business time, in which a channel may be used; the others at any hour."""


def text_problem(channel: str, text: str) -> str | None:
    """Why a text must not be sent on a channel; None when it may.

    Args:
        channel: sms, email, wecom or app_push.
        text: the rendered text (the body, where there is a title).
    """
    if not text.strip():
        return "the text is empty"
    if channel == "sms" and not SMS_SIGNATURE.match(text):
        return "a text message must begin with the sender's name of 2-12 characters in 【】"
    if channel == "sms" and not text.endswith(SMS_OPT_OUT):
        return f"a text message must end with the opt-out words: {' or '.join(SMS_OPT_OUT)}"
    return None


def sms_parts(text: str) -> int:
    """How many text messages a Chinese text is charged as: 70 characters make one, beyond that 67 each."""
    characters = len(text.encode("utf-16-le")) // 2
    return 1 if characters <= _SMS_ONE_PART else -(-characters // _SMS_LATER_PARTS)


def quiet_until(channel: str, now: datetime) -> datetime | None:
    """When a channel may be used next; None when it may be used now.

    Args:
        channel: sms, email, wecom or app_push.
        now: the present moment in the business time zone, aware.
    """
    if channel not in SENDING_HOURS:
        return None
    opens, closes = SENDING_HOURS[channel]
    if opens <= now.time() < closes:
        return None
    day = now.date() if now.time() < opens else now.date() + timedelta(days=1)
    return datetime.combine(day, opens, tzinfo=now.tzinfo)
