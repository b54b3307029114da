"""What a segment's SQL is made of: its own file, and what it takes from others where that decides who is in it.

Other segments and helper models that it refers to, the seeds, the macros that it calls on any engine, and what these
call and read. Shared marts and what lies before them are not looked into: they are the customers as the platform knows
them, they have gates of their own, and each day changes their rows anyway.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stores.errors import UserError
from stores.safe_yaml import read_safe_yaml

_REF = re.compile(r"\b(?:ref|source)\s*\(([^)]*)\)")
_NAME = re.compile(r"['\"]([^'\"]+)['\"]")
_IS_NAMED = re.compile(r"\s*(['\"][^'\"]+['\"])(\s*,\s*['\"][^'\"]+['\"])?\s*(,\s*v(ersion)?\s*=.*)?")
_VAR = re.compile(r"\bvar\s*\(\s*['\"](\w+)['\"]")
_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_DISPATCH = re.compile(r"\badapter\.dispatch\s*\(\s*['\"](\w+)")
_JINJA = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\s*\(.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)


@dataclass(frozen=True)
class SqlProject:
    """The files of a dbt project by the names that SQL uses; make it with `read_project`."""

    root: Path

    models: dict[str, Path]
    seeds: dict[str, Path]
    macros: dict[str, tuple[Path, str]]
    variables: dict[str, Any]


def segment_sources(project: SqlProject, segment: str) -> dict[str, str]:
    """The sha256 of everything that a segment is made of, by its place in the project; empty where it cannot be told.

    That is a file that is missing, or a model whose name is made up while the SQL runs.

    Args:
        project: where its SQL is.
        segment: name of the segment.
    """
    own = project.root / "dbt_project" / "models" / "marts" / "segments" / f"segment_{segment}.sql"
    found: dict[str, str] = {}
    queue: list[tuple[str, str | None]] = [(_place(project, own), _text(own))]
    while queue:
        place, text = queue.pop()
        if place in found:
            continue
        found[place] = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() if text is not None else ""
        if text is not None and not place.endswith(".csv"):
            queue += _taken_from(project, place, text)
    return found


def tag_sources(project: SqlProject, tag: str) -> dict[str, str]:
    """The sha256 of what makes a tag: its row of the seed `tag_rules`, or its own SQL; empty where there is neither.

    Args:
        project: where they are.
        tag: name of the tag.
    """
    model = project.models.get(f"tag_{tag}")
    if model is not None:
        return {_place(project, model): hashlib.sha256(model.read_bytes()).hexdigest()}
    seed = project.seeds.get("tag_rules")
    lines = (_text(seed) or "").splitlines() if seed else []
    rows = [line for line in lines if line.split(",", 1)[0].strip('"') == tag]
    digest = hashlib.sha256("\n".join(rows).encode("utf-8", "surrogateescape")).hexdigest() if rows else ""
    return {f"dbt_project/seeds/tags/tag_rules.csv#{tag}": digest}


def _taken_from(project: SqlProject, place: str, text: str) -> list[tuple[str, str | None]]:
    """Places and texts of what SQL or a macro refers to."""
    code = "\n".join(_JINJA.findall(text))
    taken: list[tuple[str, str | None]] = []
    for arguments in _REF.findall(code):
        if not _IS_NAMED.fullmatch(arguments):
            taken.append((f"{place}: the model of ({arguments}), which is not named in quotes,", None))
            continue
        name = _NAME.findall(arguments)[-1]
        path = project.seeds.get(name) or project.models.get(name)
        if path is not None and (name in project.seeds or not _is_shared(project, path)):
            taken.append((_place(project, path), _text(path)))
    for_each_engine = tuple(f"__{name}" for name in _DISPATCH.findall(code))
    called = {name for name in _CALL.findall(code) if name in project.macros}
    if for_each_engine:
        called.update(name for name in project.macros if name.endswith(for_each_engine))
    for name in sorted(called):
        path, body = project.macros[name]
        taken.append((f"{_place(project, path)}#{name}", body))
    for name in _VAR.findall(code):
        if name in project.variables:
            value = yaml.safe_dump(project.variables[name], sort_keys=True)
            taken.append((f"dbt_project/dbt_project.yml#vars.{name}", value))
    return taken


def _is_shared(project: SqlProject, path: Path) -> bool:
    """Whether a model is a mart that everybody reads."""
    folders = path.relative_to(project.root).parts
    return "marts" in folders and "segments" not in folders


def read_project(project_root: Path) -> SqlProject:
    """Look where models, seeds, macros and variables are.

    Args:
        project_root: the folder that holds `dbt_project/`.

    Raises:
        UserError: `dbt_project.yml` is not YAML.
    """
    folder = project_root / "dbt_project"
    macros = {}
    for path in sorted((folder / "macros").rglob("*.sql")):
        for macro in _MACRO.finditer(_text(path) or ""):
            macros[macro.group(1)] = (path, macro.group())
    settings = folder / "dbt_project.yml"
    try:
        variables = (read_safe_yaml(settings) or {}).get("vars") or {}
    except FileNotFoundError:
        variables = {}
    except (yaml.YAMLError, AttributeError, UnicodeDecodeError) as bad:
        raise UserError(f"{settings} cannot be read as YAML: {str(bad).splitlines()[0]}.") from bad
    return SqlProject(
        project_root,
        {path.stem: path for path in (folder / "models").rglob("*.sql")},
        {path.stem: path for path in (folder / "seeds").rglob("*.csv")},
        macros,
        variables if isinstance(variables, dict) else {},
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def _place(project: SqlProject, path: Path) -> str:
    return path.relative_to(project.root).as_posix()
