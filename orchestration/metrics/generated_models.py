"""The dbt models that `guanxi metrics compile` writes: the figures' SQL as models that everybody can read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from orchestration.dbt.dbt_project import project_dir
from orchestration.metrics.definitions import Definition, Definitions
from orchestration.metrics.goals import check_goals
from orchestration.metrics.metric_sql import TIME, MetricSql
from stores.atomic_files import replacing
from stores.errors import UserError
from stores.settings import Settings

FOLDER = Path("models") / "marts" / "metrics"
_MONTH = f"{TIME}__month"
_REFERRED = re.compile(r"\bref\.(\w+)\b")
_HEAD = (
    "-- Written by `guanxi metrics compile` from the definitions beside it, {digest}. Change those, not this file.\n"
)
_STUB = "select 1 as nothing\n"
_DIGEST = re.compile(r"^-- Written by .*, ([0-9a-f]{16})\. ")


def write(settings: Settings) -> dict[Path, bool]:
    """Write the models where definitions changed; their paths, and whether each was changed.

    Raises:
        UserError: a definition cannot be made a query of.
    """
    paths = {name: project_dir(settings) / FOLDER / f"{name}.sql" for name in _MODELS}
    before = {name: path.read_text(encoding="utf-8") for name, path in paths.items() if path.exists()}
    try:
        definitions = Definitions.read(settings)
    except UserError:
        # perhaps only because they read a table that was renamed
        for name in before:
            _put(paths[name], _STUB)
        try:
            definitions = Definitions.read(settings)
        except UserError:
            for name, text in before.items():
                _put(paths[name], text)
            raise
    written = {}
    for name, text in texts(definitions).items():
        written[paths[name]] = before.get(name) != text
        if not paths[name].exists() or paths[name].read_text(encoding="utf-8") != text:
            _put(paths[name], text)
    return written


def _put(path: Path, text: str) -> None:
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def check_metrics(settings: Settings) -> None:
    """Whether the models and the goals go with the definitions; asked before every build.

    Raises:
        UserError: says what does not, and what to do.
    """
    definitions = Definitions.read(settings)
    require_current(settings, definitions)
    check_goals(settings, definitions)


def require_current(settings: Settings, definitions: Definitions) -> None:
    """Nothing is built from definitions that are not in the models.

    Raises:
        UserError: they were changed since.
    """
    for name in _MODELS:
        path = project_dir(settings) / FOLDER / f"{name}.sql"
        found = _DIGEST.match(path.read_text(encoding="utf-8")) if path.exists() else None
        if not found or found[1] != definitions.digest:
            raise UserError(f"{path.name} is older than the definitions of metrics. Run `guanxi metrics compile`.")


def texts(definitions: Definitions) -> dict[str, str]:
    """The models by name."""
    return {name: _HEAD.format(digest=definitions.digest) + text(definitions) for name, text in _MODELS.items()}


def _values(definitions: Definitions) -> str:
    """All figures by month, one row each."""
    sql = MetricSql(definitions, "ref")
    by_source = groupby(sorted(definitions.figures, key=lambda one: one.source), key=lambda one: one.source)
    parts, selects = [], []
    for source, found in by_source:
        names = [one.metric for one in found]
        compiled = _REFERRED.sub(r"{{ ref('\1') }}", sql.compiled(names, [_MONTH]))
        parts.append(f"{source} as (\n\n{_indented(compiled)}\n\n),\n")
        selects += [
            f"    select '{name}' as metric, cast({name} as double) as metric_value, "
            f"cast({_MONTH} as date) as period_start from {source}"
            for name in names
        ]
    united = "\n    union all\n".join(selects)
    return (
        "with metric_days as (\n\n    select * from {{ ref('metric_days') }}\n\n),\n\n"
        + "\n".join(parts)
        + f"\nunited as (\n\n{united}\n\n),\n\n"
        "-- of the first month only a part may be known\n"
        "final as (\n\n    select\n        metric,\n        metric_value,\n        period_start\n    from united\n"
        "    where\n        metric_value is not null\n"
        "        and period_start >= (select min(metric_days.metric_day) from metric_days)\n\n)\n\n"
        "select * from final\n"
    )


def _definitions(definitions: Definitions) -> str:
    """What each figure is."""
    return _rows([_definition(one) for one in sorted(definitions.figures, key=lambda one: one.metric)])


def _definition(one: Definition) -> dict[str, str | bool]:
    return {
        "metric": one.metric,
        "unit": one.unit,
        "direction": one.direction,
        "owner": one.owner,
        "is_state": one.is_state,
        "name_zh": one.name_zh,
        "name_en": one.name_en,
        "description_zh": one.description_zh,
        "description_en": one.description_en,
    }


def _saved_queries(definitions: Definitions) -> str:
    """The declared queries as SQL over the published copy."""
    sql = MetricSql(definitions)
    return _rows(
        [
            {
                "query": one.name,
                "query_sql": sql.query(one.metrics, one.group_by),
            }
            for one in definitions.saved_queries
        ]
    )


def _rows(rows: Sequence[Mapping[str, str | bool]]) -> str:
    selects = [
        "    select " + ", ".join(f"{_literal(value)} as {column}" for column, value in row.items()) for row in rows
    ]
    united = "\n    union all\n".join(selects)
    return f"with final as (\n\n{united}\n\n)\n\nselect * from final\n"


def _literal(value: str | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


def _indented(sql: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in sql.splitlines())


_MODELS = {"metric_values": _values, "metric_definitions": _definitions, "saved_queries": _saved_queries}
