"""Which phone lines a message channel reaches, from the seed `channel_line_types.csv`: a landline gets no SMS."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from stores.errors import UserError
from stores.normalisation import LINE_TYPES, line_type
from stores.settings import Settings

SEED = "channel_line_types.csv"


@dataclass(frozen=True)
class LineTypes:
    """Make it with `read_line_types`.

    Attributes:
        listed: pairs of channel and line type.
    """

    listed: frozenset[tuple[str, str]]

    def reached(self, channel: str, number: str) -> bool:
        """Whether a channel reaches a normalised number; a kind of line that is not listed is not reached."""
        return (channel, line_type(number)) in self.listed


def read_line_types(settings: Settings) -> LineTypes:
    """Read the seed.

    Raises:
        UserError: it is missing, or names a kind of line that there is not.
    """
    path = settings.project_root / "dbt_project" / "seeds" / SEED
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError as missing:
        raise UserError(f"The seed {path} is missing. Nothing is sent to a phone without it.") from missing
    for line, row in enumerate(rows, start=2):
        if not row.get("channel") or row.get("line_type") not in LINE_TYPES:
            raise UserError(
                f"{path.name}:{line}: a row needs a channel and a line_type, one of {', '.join(LINE_TYPES)}; "
                f"it has {row.get('channel')!r} and {row.get('line_type')!r}."
            )
    return LineTypes(frozenset((row["channel"], row["line_type"]) for row in rows))
