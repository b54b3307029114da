"""A chapter of a guide as something that can be done: its commands, its settings, and what it says that is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from stores.settings import PROJECT_ROOT

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


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

    def set_in(self, language: str, file: Path) -> None:
        """Write the settings of its blocks of a language into a file: each line in the place of the one of its name,
        else below the block's first line."""
        for block in self.blocks(language):
            first, *settings = [line for line in block.splitlines() if line.strip()]
            for setting in settings:
                name = re.match(r"\s*(\w+)", setting)
                assert name
                text = file.read_text(encoding="utf-8")
                changed, there = re.subn(
                    rf"^ *{name[1]} *[:=].*$", lambda _, new=setting: new, text, count=1, flags=re.M
                )
                if not there:
                    changed = text.replace(f"{first}\n", f"{first}\n{setting}\n", 1)
                assert changed != text, setting
                file.write_text(changed, encoding="utf-8")
