"""A chapter of a guide as something that can be done: its commands, its settings, and what it says that is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from stores.settings import PROJECT_ROOT

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
# A block below a line that is nothing but a path is what stands in that file.
_STEP = re.compile(r"(?:^`(?P<file>[^`\n]+)`:\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Step:
    """A fenced block of a chapter.

    Attributes:
        file: the path that the chapter gives it; none for commands, settings and what is shown.
        language: of the block.
        text: of the block.
    """

    file: str
    language: str
    text: str


@dataclass(frozen=True)
class Chapter:
    """What stands between two headings of a page of docs/.

    Attributes:
        text: of the chapter.
    """

    text: str

    @classmethod
    def of(cls, page: str, heading: str) -> Chapter:
        """The chapter of that heading, which must be there."""
        text = (PROJECT_ROOT / "docs" / page).read_text(encoding="utf-8")
        _, found, rest = text.partition(f"\n## {heading}\n")
        assert found, f"{page} has no chapter {heading}"
        return cls(re.split(r"^## ", rest, maxsplit=1, flags=re.M)[0])

    def blocks(self, language: str) -> list[str]:
        """What stands in its fenced blocks of a language, in order."""
        return [code for name, code in _BLOCK.findall(self.text) if name == language]

    def steps(self) -> list[Step]:
        """Its fenced blocks in order, whatever their language."""
        return [Step(found["file"] or "", found["language"], found["text"]) for found in _STEP.finditer(self.text)]

    def set_in(self, language: str, file: Path) -> None:
        """Write the settings of its blocks of a language into a file."""
        for block in self.blocks(language):
            set_in(file, block)


def set_in(file: Path, block: str) -> None:
    """Write a block of settings into a file: each line in the place of the one of its name, else below the block's
    first line, which is added where it is not there."""
    first, *settings = [line for line in block.splitlines() if line.strip()]
    for setting in settings:
        name = re.match(r"\s*(\w+)", setting)
        assert name
        text = file.read_text(encoding="utf-8")
        if f"{first}\n" not in text:
            text += f"\n{first}\n"
        changed, there = re.subn(rf"^ *{name[1]} *[:=].*$", lambda _, new=setting: new, text, count=1, flags=re.M)
        if not there:
            changed = text.replace(f"{first}\n", f"{first}\n{setting}\n", 1)
        assert changed != text, setting
        file.write_text(changed, encoding="utf-8")
