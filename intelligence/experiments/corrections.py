"""Correction of p-values for several comparisons at once."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Corrected p-values of a family of comparisons (Holm 1979): below alpha, one of them errs in alpha of families.

    Args:
        p_values: of the comparisons; None where nothing was tested, which makes the family no larger.

    Returns:
        One for each, in the same order.
    """
    tested = sorted((value, place) for place, value in enumerate(p_values) if value is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (value, place) in enumerate(tested):
        highest = max(highest, min(1.0, value * (len(tested) - rank)))
        corrected[place] = highest
    return corrected
