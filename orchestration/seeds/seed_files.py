"""The seeds, looked at before a run: rows that people add by hand, whose mistakes a database would explain badly."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestration.seeds.seed_declarations import SeedDeclaration, read_declarations
from orchestration.seeds.seed_types import type_problem
from orchestration.seeds.tag_rules import check_tag_rules
from serving.rules import Rules
from stores.dbt_files.customer_metrics import declared_custom_tags, declared_metrics
from stores.errors import UserError
from stores.settings import Settings

_LISTED = 12


@dataclass(frozen=True)
class _Seed:
    """The rows of one file.

    Attributes:
        shown: the file, as messages name it.
        header: names of its columns.
        rows: line and cells by column.
    """

    shown: Path
    header: list[str]
    rows: list[tuple[int, dict[str, str]]]

    def values(self, column: str) -> set[str]:
        """What stands in a column."""
        return {row[column] for _, row in self.rows if row.get(column)}


def check_seeds(settings: Settings) -> None:
    """Whether the rows of every seed are what the yml beside it says: columns, types, keys, values that are allowed.

    What a seed's yml does not say is not looked at, but for the rules of tags; the data tests of the build look at the
    same rules once more.

    Args:
        settings: the installation.

    Raises:
        UserError: names file, line, column and value, and what is allowed there.
    """
    folder = settings.project_root / "dbt_project" / "seeds"
    seeds = {path.stem: _read(path, path.relative_to(settings.project_root)) for path in sorted(folder.rglob("*.csv"))}
    for name, declared in read_declarations(folder).items():
        if name not in seeds:
            path = declared.described_in.relative_to(settings.project_root)
            raise UserError(f"The seed {path.parent / name}.csv is missing, which {path} describes. Restore it.")
        _check_columns(seeds[name], declared)
        _check_cells(seeds[name], declared, seeds)
        _check_keys(seeds[name], declared)
        _check_required(seeds[name], declared)
    if "tag_rules" in seeds:
        _check_tags(settings, seeds)


def proposed_tag_rules(settings: Settings, given: str) -> list[dict[str, str]]:
    """Rows of tag_rules that somebody thinks of, looked at together with those of the project.

    Args:
        settings: the installation.
        given: the path of a CSV file with the seed's header; or one row as it would stand in the seed.

    Returns:
        The rows, every cell as text; a tag that the project has too is replaced by them.

    Raises:
        UserError: names the place, line, column and value, and what is allowed there.
    """
    folder = settings.project_root / "dbt_project" / "seeds"
    seeds = {path.stem: _read(path, path.relative_to(settings.project_root)) for path in sorted(folder.rglob("*.csv"))}
    for needed in ("tag_rules", "tag_families"):
        if needed not in seeds:
            place = (folder / "tags" / f"{needed}.csv").relative_to(settings.project_root)
            raise UserError(f"The seed {place} is missing, which rules of tags are looked at by. Restore it.")
    kept = seeds["tag_rules"]
    path = Path(given).expanduser()
    if "," in given:
        try:
            cells = next(csv.reader([given], strict=True))
        except csv.Error as bad:
            raise UserError(f"The row {given!r} is no row of a CSV file: {bad}. Correct its quotes.") from bad
        if len(cells) != len(kept.header):
            columns = ", ".join(kept.header)
            raise UserError(f"The row has {len(cells)} fields where tag_rules.csv has {len(kept.header)} ({columns}).")
        proposed = _Seed(Path("ROW"), kept.header, [(1, dict(zip(kept.header, cells, strict=True)))])
    else:
        proposed = _read(path, path)
        if not proposed.rows:
            raise UserError(f"{path} has a header and no row. Add a row for each rule to try.")
    declared = read_declarations(folder)["tag_rules"]
    _check_columns(proposed, declared)
    _check_cells(proposed, declared, seeds)
    _check_keys(proposed, declared)
    replaced = {row["tag"] for _, row in proposed.rows}
    others = [(line, row) for line, row in kept.rows if row["tag"] not in replaced]
    # the rows that are looked at come last, so that what does not fit is told of them
    merged = _Seed(proposed.shown, kept.header, [*others, *proposed.rows])
    _check_tags(settings, {**seeds, "tag_rules": merged})
    return [row for _, row in proposed.rows]


def project_rules(settings: Settings, seeds: Iterable[str]) -> Rules:
    """The rows of seeds as the project's files have them, to be tried before a publication is made by them.

    Args:
        settings: the installation.
        seeds: their names.

    Raises:
        UserError: one of them is missing or cannot be read.
    """
    folder = settings.project_root / "dbt_project" / "seeds"
    rows: dict[str, list[dict[str, str]]] = {}
    for seed in seeds:
        path = next(folder.rglob(f"{seed}.csv"), folder / f"{seed}.csv")
        rows[seed] = [row for _, row in _read(path, path.relative_to(settings.project_root)).rows]
    return Rules(rows, "{seed}.csv")


def seed_lines(settings: Settings, seed: str) -> list[tuple[str, dict[str, str]]]:
    """The rows of a seed of the project, each with the place where it stands, as messages name it.

    Args:
        settings: the installation.
        seed: its name.

    Raises:
        UserError: it is missing or cannot be read.
    """
    folder = settings.project_root / "dbt_project" / "seeds"
    path = next(folder.rglob(f"{seed}.csv"), folder / f"{seed}.csv")
    found = _read(path, path.relative_to(settings.project_root))
    return [(f"{found.shown}:{line}", row) for line, row in found.rows]


def _read(path: Path, shown: Path) -> _Seed:
    header: list[str] = []
    found = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            for row in rows:
                if not row:
                    continue
                if len(row) != len(header or row):
                    raise UserError(
                        f"{shown}:{rows.line_num}: {len(row)} fields where the header has {len(header)} "
                        f"({', '.join(header)}). An empty field still needs its comma; a comma within a field needs "
                        'quotes around the field ("…").'
                    )
                if header:
                    found.append((rows.line_num, dict(zip(header, row, strict=True))))
                header = header or row
    except UnicodeDecodeError as bad:
        raise UserError(f"{shown} is not UTF-8 text (byte {bad.start}). Save it as UTF-8.") from bad
    except csv.Error as bad:
        raise UserError(f"{shown}:{rows.line_num}: {bad}. Correct that line.") from bad
    except OSError as bad:
        raise UserError(f"{shown} cannot be read: {bad.strerror}. Restore it.") from bad
    if not header:
        raise UserError(f"{shown} is empty; it needs at least its header. Restore it.")
    return _Seed(shown, header, found)


def _check_columns(seed: _Seed, declared: SeedDeclaration) -> None:
    twice = sorted({name for name in seed.header if seed.header.count(name) > 1})
    missing = [name for name in dict.fromkeys([*declared.columns, *declared.types]) if name not in seed.header]
    if twice or missing:
        problem = f"has two columns {twice[0]!r}" if twice else f"has no column {missing[0]!r}"
        needed = ", ".join(declared.columns)
        raise UserError(f"{seed.shown}:1: the header {problem}. Its columns: {needed}.")


def _check_cells(seed: _Seed, declared: SeedDeclaration, seeds: dict[str, _Seed]) -> None:
    exact = declared.exact
    allowed = {column: (values, "") for column, values in declared.allowed.items()}
    for column, (target, field) in declared.refers.items():
        if target in seeds:
            allowed[column] = (tuple(sorted(seeds[target].values(field))), f" (seed {target}, column {field})")
    for line, row in seed.rows:
        for column, value in row.items():
            place = f"{seed.shown}:{line}, column {column}:"
            if not value:
                if column in declared.filled:
                    raise UserError(f"{place} the cell is empty; it needs a value{_one_of(*allowed.get(column, ()))}.")
                continue
            lowest = declared.minimum.get(column)
            problem = type_problem(value, declared.types.get(column, "" if lowest is None else "double"))
            if not problem and column in exact and value != value.strip():
                problem = "has blanks around it, which make it another value. Take them away"
            if not problem and lowest is not None and float(value) < lowest:
                problem = f"is too low: at least {lowest}"
            if not problem and column in allowed and value not in allowed[column][0]:
                problem = f"is not known{_one_of(*allowed[column])}"
            if problem:
                raise UserError(f"{place} {value!r} {problem}.")


def _check_keys(seed: _Seed, declared: SeedDeclaration) -> None:
    for key in declared.keys:
        seen: dict[tuple[str, ...], int] = {}
        for line, row in seed.rows:
            values = tuple(row[column] for column in key)
            first = seen.setdefault(values, line)
            if first != line and any(values):
                what = ", ".join(f"{column} {value!r}" for column, value in zip(key, values, strict=True))
                raise UserError(f"{seed.shown}:{line}: {what} stands in line {first} too. Keep one of the two rows.")


def _check_tags(settings: Settings, seeds: dict[str, _Seed]) -> None:
    project = settings.project_root / "dbt_project"
    custom = {tag: str(meta["family"]) for tag, meta in declared_custom_tags(project).items()}
    families = seeds["tag_families"].values("family")
    for tag, family in custom.items():
        if family not in families:
            raise UserError(f"tag_{tag}.yml: the family {family!r} is not known{_one_of(tuple(sorted(families)))}.")
    rules = seeds["tag_rules"]
    check_tag_rules(str(rules.shown), rules.rows, declared_metrics(project), custom)


def _check_required(seed: _Seed, declared: SeedDeclaration) -> None:
    for column, values in declared.required.items():
        if missing := [value for value in values if value not in seed.values(column)]:
            raise UserError(
                f"{seed.shown}: no row has {column} {missing[0]!r}, which the models ask for by name. Put it back. "
                f"Needed: {', '.join(values)}."
            )


def _one_of(values: tuple[str, ...] = (), where: str = "") -> str:
    """The values that may stand there, in words; nothing where any may."""
    if not values:
        return f": there is none to choose{where}" if where else ""
    more = f" and {len(values) - _LISTED} more" if len(values) > _LISTED else ""
    return f": one of {', '.join(values[:_LISTED])}{more}{where}"
