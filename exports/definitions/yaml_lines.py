"""YAML that remembers its lines, so that a mistake can be shown where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stores.dbt_files.text_files import require_text_file
from stores.errors import UserError
from stores.safe_yaml import SafeYaml

Position = tuple[str | int, ...]
# A few lines of references can stand for any number of values.
_MOST_VALUES = 100_000


@dataclass(frozen=True)
class Document:
    """One YAML file.

    Attributes:
        path: the file.
        values: what it says, as plain Python values.
        lines: line (from 1) of each key and list element, by its position such as `("channels", 0, "channel")`.
    """

    path: Path
    values: Any
    lines: dict[Position, int]

    def line(self, position: Position) -> int:
        """Line of a position; of what surrounds it when it is not in the file."""
        while position and position not in self.lines:
            position = position[:-1]
        return self.lines.get(position, 1)

    def mistake(self, position: Position, problem: str) -> str:
        """`file:line: field: problem`, in one line."""
        return f"{self.path.name}:{self.line(position)}: {_in_words(position)}: {problem}"


def _in_words(position: Position) -> str:
    """A position as people say it: `step 2, channel 1, destination`, `name.zh`."""
    said = ""
    for place, part in enumerate(position):
        if isinstance(part, int):
            said += f" {part + 1}"
            continue
        is_list = place + 1 < len(position) and isinstance(position[place + 1], int)
        divider = ", " if said and (is_list or said[-1].isdigit()) else "." if said else ""
        said += divider + (str(part).removesuffix("s") if is_list else str(part))
    return said or "(whole file)"


def read_yaml(path: Path) -> Document:
    """Read a file that holds one mapping.

    Raises:
        UserError: no file, not UTF-8, not YAML, a key twice, not a mapping, nested without end, or too many values.
    """
    require_text_file(path, path.name)
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=SafeYaml)
        lines: dict[Position, int] = {(): 1}
        if isinstance(node, yaml.MappingNode):
            _walk(path, node, (), lines)
        values = yaml.load(text, Loader=SafeYaml)  # noqa: S506  a safe loader
    except UnicodeDecodeError as bad:
        raise UserError(f"{path.name} is not UTF-8 text (byte {bad.start}). Save it as UTF-8.") from bad
    except OSError as bad:
        raise UserError(f"{path.name} cannot be read ({bad.strerror or bad}). Correct its permissions.") from bad
    except yaml.YAMLError as bad:
        mark = getattr(bad, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise UserError(
            f"{path.name}{where}: not YAML: {getattr(bad, 'problem', None) or bad}. Correct that line."
        ) from bad
    except RecursionError as deep:
        raise UserError(f"{path.name}: nested too deeply. Write what it says in fewer levels.") from deep
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{path.name}:1: the file must hold `field: value` lines.")
    return Document(path, values, lines)


def _walk(path: Path, node: yaml.Node, position: Position, lines: dict[Position, int]) -> None:
    if len(lines) > _MOST_VALUES:
        raise UserError(f"{path.name}: more than {_MOST_VALUES:,} values, references counted. Write fewer.")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*position, str(key.value))
            if inner in lines:
                line = key.start_mark.line + 1
                raise UserError(f"{path.name}:{line}: {key.value} stands here and in line {lines[inner]}. Remove one.")
            lines[inner] = key.start_mark.line + 1
            _walk(path, value, inner, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            inner = (*position, index)
            lines[inner] = value.start_mark.line + 1
            _walk(path, value, inner, lines)
