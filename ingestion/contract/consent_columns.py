"""What a channel declares about its consents: which column says whether somebody may be written to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ConsentColumn:
    """A column that says whether somebody may be written to; such columns are read again before anything is sent.

    Attributes:
        granted: the bool column with the answer.
        identifier: the column whose owner answers: a personal one, or an id such as an app account.
        identifier_type: what the models call that identifier: phone, email, app_user_id …
        channel: the message channel that the answer is about, a row of the seed `message_channels`: sms, email …
        purpose: marketing or profiling.
    """

    granted: str
    identifier: str
    identifier_type: str
    channel: str
    purpose: str = "marketing"
