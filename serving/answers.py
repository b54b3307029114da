"""The columns that a question answers with, declared beside the question: pages may rely on them.

Answers that are tables stay data frames, which charts and tables of the app take as they are; a test asks every
question and compares names, order and kinds with what is declared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

Kind = Literal["text", "whole", "number", "money", "day", "time", "flag"]
_Question = TypeVar("_Question", bound=Callable[..., Any])

# By the question's module and name, such as `serving.overview.stages`: the kind of each column, in order.
DECLARED: dict[str, dict[str, Kind]] = {}


def answers(columns: str) -> Callable[[_Question], _Question]:
    """Declare the columns of a question's data frame.

    Args:
        columns: each with what it holds, in their order, such as `stage text, customers whole`: text, whole or other
            numbers (number), exact money, days, times in business time, flags. Every column may have gaps.
    """

    def declare(question: _Question) -> _Question:
        pairs = [column.split() for column in columns.split(",")]
        DECLARED[f"{question.__module__}.{question.__name__}"] = {name: cast(Kind, kind) for name, kind in pairs}
        return question

    return declare
