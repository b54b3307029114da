"""Why a message waits, ended or failed, and why an address is closed, in the reader's language: rows of the seeds."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SEEDS = {
    "plan_reasons.csv": "reason",
    "deliveries/delivery_reasons.csv": "reason",
    "delivery_states.csv": "state",
}
_SUPPRESSIONS = {"suppression_reasons.csv": "reason"}


@dataclass(frozen=True)
class Reasons:
    """Names of reasons and states; make it with `read_reasons`.

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
        return f"{name}: {more.strip()}" if more.strip() else name


def read_reasons(project_root: Path) -> Reasons:
    """Read what reasons and states of messages are called; a seed that is missing names nothing.

    Args:
        project_root: the folder that holds `dbt_project/`.
    """
    return _read(project_root, _SEEDS)


def read_suppression_reasons(project_root: Path) -> Reasons:
    """Read what suppressions are called; apart, since a message that bounced is not an address that is closed.

    Args:
        project_root: the folder that holds `dbt_project/`.
    """
    return _read(project_root, _SUPPRESSIONS)


def _read(project_root: Path, seeds: Mapping[str, str]) -> Reasons:
    names: dict[str, tuple[str, str]] = {}
    for seed, column in seeds.items():
        path = project_root / "dbt_project" / "seeds" / seed
        if path.is_file():
            with path.open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    names[row.get(column) or ""] = (row.get("name_zh") or "", row.get("name_en") or "")
    return Reasons({code: name for code, name in names.items() if code and all(name)})
