"""Which phone lines a message channel reaches, rows of the seed `channel_line_types`: a landline gets no SMS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stores.errors import UserError
from stores.normalisation import LINE_TYPES, line_type


@dataclass(frozen=True)
class LineTypes:
    """Make it with `line_types_of`.

    Attributes:
        listed: pairs of channel and line type.
    """

    listed: frozenset[tuple[str, str]]

    def reached(self, channel: str, number: str) -> bool:
        """Whether a channel reaches a normalised number; a kind of line that is not listed is not reached."""
        return (channel, line_type(number)) in self.listed


def line_types_of(rows: Iterable[dict[str, str]], place: str) -> LineTypes:
    """What rows say.

    Args:
        rows: of the seed `channel_line_types`.
        place: where they stand, for messages.

    Raises:
        UserError: a row names a kind of line that there is not.
    """
    listed = set()
    for line, row in enumerate(rows, start=2):
        if not row.get("channel") or row.get("line_type") not in LINE_TYPES:
            raise UserError(
                f"{place}:{line}: a row needs a channel and a line_type, one of {', '.join(LINE_TYPES)}; "
                f"it has {row.get('channel')!r} and {row.get('line_type')!r}."
            )
        listed.add((row["channel"], row["line_type"]))
    return LineTypes(frozenset(listed))
