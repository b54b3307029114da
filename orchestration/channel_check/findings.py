"""What a check found, as people and scripts read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from stores.redaction.text_redaction import redact_line

PROBLEM, WARNING, NOTE = "problem", "warning", "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        level: problem (a run would fail, or lose rows or meaning), warning (worth a look), note.
        about: the table, model or file of the project that it is about.
        text: what is the matter, one or two sentences.
        fix: what to do about it; empty where nothing needs doing.
        file: the file with an example; `line` and `field` say where in it, `value` what stands there.
        line: of the example, 0 where there is none.
        field: column or field of the example.
        value: of the example.
        allowed: what may stand there.
    """

    level: str
    about: str
    text: str
    fix: str = ""
    file: str = ""
    line: int = 0
    field: str = ""
    value: str = ""
    allowed: tuple[str, ...] = ()


PART = "The sample is a part of the rows: what is joined may lie in the others. Check again with more --rows."
"""What to do where a sample of several tables lacks something that all of their rows may have."""


def without_people(finding: Finding, country: str) -> Finding:
    """The finding as a screen and a log may show it: an id may be somebody's phone number or e-mail address."""
    text, fix, value = (redact_line(one, None, country) for one in (finding.text, finding.fix, finding.value))
    return replace(finding, text=text, fix=fix, value=value)


@dataclass(frozen=True)
class CheckedTable:
    """A table of the contract and what was read of it.

    Attributes:
        name: of the table.
        files: how many files rows were taken from.
        rows: rows that were read.
        loaded: those that fit the contract.
        is_whole: whether that is all there is.
    """

    name: str
    files: int
    rows: int
    loaded: int
    is_whole: bool


@dataclass(frozen=True)
class Filled:
    """How many people of a channel have something by which they are recognised or written to.

    Attributes:
        name: kind of identifier, or message channel.
        share: of the profiles, 0 to 1.
    """

    name: str
    share: float


@dataclass
class ChannelReport:
    """What was found in one channel.

    Attributes:
        channel: its name.
        in_use: whether `vars.channels` names it.
        place: where its rows were looked for.
        tables: the contract's tables.
        people: profiles that the sample became; None where the channel has none or they could not be built.
        recognised_by: identifiers that join people, those that somebody has.
        reached_over: message channels over which somebody can be written to.
        findings: the worst first.
        seconds: how long it took.
    """

    channel: str
    in_use: bool
    place: str = ""
    tables: list[CheckedTable] = field(default_factory=list)
    people: int | None = None
    recognised_by: list[Filled] = field(default_factory=list)
    reached_over: list[Filled] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, level: str) -> int:
        """How many findings of a level there are."""
        return sum(finding.level == level for finding in self.findings)

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands against a run."""
        return not self.count(PROBLEM)

    def sort(self) -> None:
        """Put the worst first, else keep the order in which things are read, built and understood."""
        order = (PROBLEM, WARNING, NOTE)
        self.findings.sort(key=lambda finding: order.index(finding.level))


def as_document(reports: Sequence[ChannelReport]) -> dict[str, Any]:
    """The reports as one JSON document."""
    return {
        "ready": all(report.is_ready for report in reports),
        "problems": sum(report.count(PROBLEM) for report in reports),
        "warnings": sum(report.count(WARNING) for report in reports),
        "channels": [
            {**asdict(report), "ready": report.is_ready, "seconds": round(report.seconds, 1)} for report in reports
        ],
    }


def listed(words: Sequence[str], most: int = 12) -> str:
    """Words in a row, the first of many."""
    shown = ", ".join(words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
