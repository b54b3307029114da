"""What the yml files beside the seeds say of their columns: types, values that may stand there, keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from stores.errors import UserError
from stores.safe_yaml import read_safe_yaml

_REF = re.compile(r"""^\s*ref\(\s*['"](\w+)['"]\s*\)\s*$""")


@dataclass(frozen=True)
class SeedDeclaration:
    """What is declared of one seed, from its data tests and `column_types`.

    Attributes:
        name: of the seed.
        described_in: the yml file.
        columns: every column that is described.
        types: SQL type by column.
        filled: columns in which no cell is empty.
        keys: columns of which no two rows have the same values.
        allowed: the values that a column may have.
        required: values of a column that each need a row.
        minimum: the lowest number of a column.
        refers: the seed and column in which the values of a column must stand.
    """

    name: str
    described_in: Path
    columns: tuple[str, ...] = ()
    types: dict[str, str] = field(default_factory=dict)
    filled: frozenset[str] = frozenset()
    keys: tuple[tuple[str, ...], ...] = ()
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    required: dict[str, tuple[str, ...]] = field(default_factory=dict)
    minimum: dict[str, float] = field(default_factory=dict)
    refers: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def exact(self) -> set[str]:
        """Columns whose values are compared, so that a blank before or after makes another value."""
        return {column for key in self.keys for column in key} | set(self.allowed) | set(self.refers)


def read_declarations(folder: Path) -> dict[str, SeedDeclaration]:
    """The seeds that the yml files of a folder and of those below it describe, by name.

    Args:
        folder: the seeds' own.

    Raises:
        UserError: a file is not YAML.
    """
    found = {}
    for path in sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")]):
        for seed in _seeds(path):
            found[seed["name"]] = _declaration(seed, path)
    return found


def _seeds(path: Path) -> list[dict[str, Any]]:
    try:
        document = read_safe_yaml(path)
    except (yaml.YAMLError, UnicodeDecodeError) as bad:
        raise UserError(f"{path} is not YAML: {' '.join(str(bad).split())}.") from bad
    seeds = document.get("seeds") if isinstance(document, dict) else None
    return [seed for seed in seeds or [] if isinstance(seed, dict) and "name" in seed]


def _declaration(seed: dict[str, Any], path: Path) -> SeedDeclaration:
    columns = [column for column in seed.get("columns") or [] if "name" in column]
    filled: set[str] = set()
    keys: list[tuple[str, ...]] = []
    allowed: dict[str, tuple[str, ...]] = {}
    required: dict[str, tuple[str, ...]] = {}
    minimum: dict[str, float] = {}
    refers: dict[str, tuple[str, str]] = {}
    for rules in _rules(seed, columns):
        filled |= set(rules.get("not_null") or [])
        keys += [(one,) if isinstance(one, str) else tuple(one) for one in rules.get("unique") or []]
        for column, values in (rules.get("accepted_values") or {}).items():
            allowed[column] = tuple(str(value) for value in values)
        for column, values in (rules.get("required_values") or {}).items():
            required[column] = tuple(str(value) for value in values)
        minimum |= rules.get("minimum") or {}
        for column, parent in (rules.get("relationships") or {}).items():
            if target := _REF.match(str(parent.get("to", ""))):
                refers[column] = (target.group(1), str(parent.get("field")))
    types = (seed.get("config") or {}).get("column_types") or {}
    return SeedDeclaration(
        name=seed["name"],
        described_in=path,
        columns=tuple(column["name"] for column in columns),
        types={name: str(kind).lower() for name, kind in types.items()},
        filled=frozenset(filled),
        keys=tuple(keys),
        allowed=allowed,
        required=required,
        minimum=minimum,
        refers=refers,
    )


def _rules(seed: dict[str, Any], columns: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The arguments of `column_rules`, and dbt's own tests of single columns in the same form."""
    for name, said in _tests(seed):
        if name == "column_rules":
            yield said
    for column in columns:
        for name, said in _tests(column):
            if name in ("not_null", "unique"):
                yield {name: [column["name"]]}
            elif name == "accepted_values":
                yield {name: {column["name"]: said.get("values") or ()}}
            elif name == "relationships":
                yield {name: {column["name"]: said}}


def _tests(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and arguments of the data tests of a seed or of a column; of those for some rows only, none."""
    for test in described.get("data_tests") or []:
        if isinstance(test, str):
            yield test, {}
            continue
        for name, said in test.items():
            if isinstance(said, dict) and "where" not in (said.get("config") or {}):
                yield name, said.get("arguments") or said
