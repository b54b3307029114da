"""One answer to "why not": a code for scripts, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What is known.

    Attributes:
        code: a reason of the plan, a cause of journeys, or a word such as not_in_segment.
        said: a sentence.
    """

    code: str
    said: str
