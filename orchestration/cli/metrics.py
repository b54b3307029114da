"""`guanxi metrics`: figures that are defined once: list them, ask for them in any combination, compile them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, JsonOption, Listing, console, open_session, print_json
from stores.counted import counted
from stores.errors import UserError

_SHOWN = 50
_DAYS = ["%Y-%m-%d"]
app = typer.Typer(no_args_is_help=True, help="Figures that are defined once (指标): list, query, compile them.")


@app.command("list")
def list_metrics(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every metric with its unit, its owner and what it means."""
    settings = open_session(home, for_script=as_json)
    from orchestration.metrics.definitions import Definitions

    figures = sorted(Definitions.read(settings).figures, key=lambda one: one.metric)
    if as_json:
        print_json([asdict(one) for one in figures])
        return
    table = Listing("metric", "name", "unit", "owner", "meaning")
    for one in figures:
        table.add_row(one.metric, f"{one.name_en} {one.name_zh}", one.unit, one.owner, one.description_en)
    console.print(table)


@app.command("query")
def query_metrics(
    metrics: Annotated[list[str], typer.Argument(help="Metrics, as `guanxi metrics list` names them.")],
    home: HomeOption = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", help="A period (day, week, month, quarter, year) or a dimension such as channel; may be repeated."
        ),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="DIMENSION=VALUE", help="Only this value; may be repeated.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=_DAYS, help="First day that counts; by weeks or months whole ones are told."),
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=_DAYS, help="Last day that counts.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a CSV file that a spreadsheet opens, instead of a table.")
    ] = None,
    show_sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL over the published tables; run nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask the publication for metrics in any combination that their definitions allow.

    For example `guanxi metrics query net_revenue orders --by month --by channel --since 2026-01-01`.
    """
    settings = open_session(home, for_script=as_json or show_sql)
    from orchestration.metrics.definitions import Definitions
    from orchestration.metrics.metric_sql import MetricSql
    from serving.published_copy import current_copy

    metrics, by = list(dict.fromkeys(metrics)), list(dict.fromkeys(by or []))
    days = [day.date() if day else None for day in (since, until)]
    if since and until and since > until:
        raise UserError(f"--until {until:%Y-%m-%d} lies before --since {since:%Y-%m-%d}.")
    sql = MetricSql(Definitions.read(settings)).query(metrics, by, _conditions(where or []), *days)
    if show_sql:
        typer.echo(sql)
        return
    with current_copy(settings) as published:
        rows = published.rows(sql)
    columns = [*by, *metrics]
    if as_json:
        print_json([{name: _plain(row[name]) for name in columns} for row in rows])
    elif out:
        _write(out, columns, rows)
        console.print(f"{counted(len(rows), 'row')} written to {out}.")
    else:
        table = Listing(*columns)
        for row in rows[:_SHOWN]:
            table.add_row(*(_told(row[name]) for name in columns))
        console.print(table)
        if len(rows) > _SHOWN:
            console.print(f"{len(rows) - _SHOWN:,} more rows; --out writes all of them.")


@app.command("compile")
def compile_metrics(
    home: HomeOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail where a model is not up to date.")
    ] = False,
) -> None:
    """Write the dbt models of the metrics after their definitions changed (models/marts/metrics)."""
    settings = open_session(home)
    from orchestration.metrics import generated_models
    from orchestration.metrics.definitions import Definitions

    if check:
        generated_models.require_current(settings, Definitions.read(settings))
        console.print("The models of metrics are up to date.")
        return
    for path, is_new in generated_models.write(settings).items():
        console.print(f"{'Written' if is_new else 'As it was'}: {path.name}")


def _conditions(where: list[str]) -> dict[str, str]:
    found = {}
    for text in where:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise UserError(f"--where {text!r}: write a dimension, = and a value, such as channel=pos.")
        found[name.strip()] = value.strip()
    return found


def _plain(value: object) -> object:
    """Amounts as numbers and periods as days, so that a script or a spreadsheet can count with them."""
    if isinstance(value, Decimal):
        return float(value)
    return value.date() if isinstance(value, datetime) else value


def _told(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    return "" if value is None else str(_plain(value))


def _write(out: Path, columns: list[str], rows: list[dict[str, object]]) -> None:
    from dashboards.spreadsheet import csv_file
    from stores.atomic_files import replacing

    try:
        with replacing(out) as draft:
            draft.write_bytes(csv_file(columns, ([_plain(row[name]) for name in columns] for row in rows)))
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.") from None
