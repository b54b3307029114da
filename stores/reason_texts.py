"""Why a message waits, ended or failed, and why an address is closed, in the reader's language: rows of the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# The column that holds the code, by seed.
SEEDS = {"plan_reasons": "reason", "delivery_reasons": "reason", "delivery_states": "state"}
SUPPRESSION_SEEDS = {"suppression_reasons": "reason"}


@dataclass(frozen=True)
class Reasons:
    """Names of reasons and states; make it with `reasons_of`.

    Attributes:
        names: Chinese and English name by code; a code that ends with `*` stands for all that begin like it.
    """

    names: Mapping[str, tuple[str, str]]

    def find(self, reason: str) -> tuple[str, str] | None:
        """Chinese and English name of a reason or state; None where no row names it, as for a peer's own words."""
        code = reason.partition(":")[0].strip()
        if code in self.names:
            return self.names[code]
        begins = [name for name in self.names if name.endswith("*") and code.startswith(name[:-1])]
        return self.names[max(begins, key=len)] if begins else None

    def in_words(self, reason: str | None, language: str) -> str:
        """A reason in one language, with what stands behind its colon; as it is where no row names it.

        Args:
            reason: as the ledger or the plan has it.
            language: zh_CN, or anything else for English.
        """
        if not reason:
            return ""
        found = self.find(reason)
        if found is None:
            return reason
        _, _, more = reason.partition(":")
        name = found[0] if language == "zh_CN" else found[1]
        mark = "：" if language == "zh_CN" else ": "
        return f"{name}{mark}{more.strip()}" if more.strip() else name


def reasons_of(rows: Mapping[str, Iterable[Mapping[str, str]]], seeds: Mapping[str, str]) -> Reasons:
    """What the rows of seeds call their codes; a row without a name in both languages names nothing.

    Args:
        rows: by seed.
        seeds: the column that holds the code, by seed: `SEEDS`, or `SUPPRESSION_SEEDS`, which are apart, since a
            message that bounced is not an address that is closed.
    """
    names = {
        row.get(column) or "": (row.get("name_zh") or "", row.get("name_en") or "")
        for seed, column in seeds.items()
        for row in rows[seed]
    }
    return Reasons({code: name for code, name in names.items() if code and all(name)})
