"""Texts that templates share: `exports/templates/_snippets/<name>.liquid`, taken in by `{% render "<name>" %}`."""

from __future__ import annotations

import re
from pathlib import Path

from liquid import Environment, RenderContext
from liquid.exceptions import LiquidError, TemplateNotFoundError
from liquid.loader import BaseLoader, TemplateSource

from exports.rendering.field_catalogue import did_you_mean

FOLDER = "_snippets"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def languages_of(language: str) -> list[str]:
    """A language and those that it is a variety of: zh_Hant_TW, zh_Hant, zh."""
    parts = language.split("_")
    return ["_".join(parts[:count]) for count in range(len(parts), 0, -1)]


class SnippetLoader(BaseLoader):
    """Finds the snippets of one language; notes which files were read.

    Args:
        folder: of the snippets.
        language: that of the campaign; `<name>.<language>.liquid` comes before `<name>.liquid`.
    """

    def __init__(self, folder: Path, language: str) -> None:
        self.files: dict[str, Path] = {}
        self._folder = folder
        self._endings = [*(f".{one}.liquid" for one in languages_of(language)), ".liquid"]
        self._texts: dict[str, str] = {}

    def get_source(
        self, env: Environment, template_name: str, *, context: RenderContext | None = None, **kwargs: object
    ) -> TemplateSource:
        """A snippet, as the library asks for it; errors as of `text`."""
        return TemplateSource(self.text(template_name), template_name, None, None)

    def text(self, name: str) -> str:
        """The text of a snippet.

        Raises:
            LiquidError: there is none of that name in the language.
        """
        if name not in self._texts:
            path = self._find(name)
            self.files[name] = path
            try:
                self._texts[name] = path.read_text(encoding="utf-8-sig").rstrip("\n")
            except UnicodeDecodeError as bad:
                raise LiquidError(f"the snippet {path.name} is not UTF-8 text (byte {bad.start})", token=None) from bad
        return self._texts[name]

    def _find(self, name: str) -> Path:
        if _NAME.fullmatch(name):
            for ending in self._endings:
                path = self._folder / f"{name}{ending}"
                if path.is_file() and not path.is_symlink():
                    return path
        there = sorted({path.name.partition(".")[0] for path in self._folder.glob("*.liquid") if not path.is_symlink()})
        raise TemplateNotFoundError(
            f"there is no snippet {name[:60]!r} ({FOLDER}/<name>{self._endings[0]} or <name>.liquid); there are "
            f"{', '.join(there) or 'none'}.{did_you_mean(name, there)}".rstrip(".")
        )
