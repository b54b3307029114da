"""`guanxi check`: whether channels are right, on a sample of their rows, before a run."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.session import HomeOption, Listing, console
from stores.errors import UserError
from stores.redaction.log_lines import log_line
from stores.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.channel_check.findings import ChannelReport, Filled, Finding

_STYLES = {"problem": "red", "warning": "yellow", "note": "dim"}


def check(
    channels: Annotated[
        list[str] | None, typer.Argument(metavar="CHANNEL ...", help="Channels to check. Default: all in use.")
    ] = None,
    home: HomeOption = None,
    rows: Annotated[
        int | None,
        typer.Option(
            "--rows",
            min=1,
            metavar="N",
            help="Rows of each table to read, newest files first. Default: 2,000, and all of files up to 1 MB.",
        ),
    ] = None,
    allowed: Annotated[
        bool,
        typer.Option("--allowed", help="Say what may stand where one of a list is expected, and check nothing."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead, for scripts.")] = False,
) -> None:
    """Say whether channels are right, before a run: contract, files, staging models and what their words mean.

    A sample of the files goes through the real readers and the real models, in a folder and with keys that are thrown
    away. The data folder is only read.

    Exit code 0: ready (warnings allowed); 1: problems were found; 2: wrong arguments or configuration.
    """
    settings = load_settings(home=home.expanduser().absolute() if home else None)
    if allowed:
        _print_allowed(settings, as_json)
        return
    if not settings.home.is_dir():
        folder = shlex.quote(str(settings.home / "landing" / "<channel>"))
        raise UserError(
            f"There is no data folder {settings.home}. The files to check belong into it: make {folder}, put them "
            "there, and check again; or name another folder with --home."
        )
    from orchestration.channel_check.asked_channels import channels_to_check
    from orchestration.dbt import dbt_process

    names = channels_to_check(settings, channels or [])
    # dbt takes as long to start as everything else to be imported
    dbt_process.prepare(os.environ, settings.project_root)
    from orchestration.channel_check.check import check_channels, silence
    from orchestration.channel_check.findings import as_document

    silence()
    reports = []
    for report in check_channels(settings, names, rows):
        reports.append(report)
        if not as_json:
            _print(report)
    if as_json:
        typer.echo(json.dumps(as_document(reports), ensure_ascii=False, indent=2))
    elif len(reports) != 1:
        _print_verdict(reports)
    if not all(report.is_ready for report in reports):
        raise typer.Exit(1)


def _print_allowed(settings: Settings, as_json: bool) -> None:
    from orchestration.channel_check.allowed_values import allowed_values

    found = allowed_values(settings)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return
    table = Listing("What", "May be", "Anything else", "More are added in", show_lines=True)
    for one in found:
        table.add_row(one.column, ", ".join(one.values), one.otherwise, one.add)
    console.print(table)


def _print(report: ChannelReport) -> None:
    console.print(f"[bold]{report.channel}[/bold]  {report.place}", soft_wrap=True)
    if report.tables:
        table = Listing("Table", "Files", "Rows read", "Fit the contract", "Sample")
        for one in report.tables:
            table.add_row(
                one.name,
                f"{one.files:,}",
                f"{one.rows:,}",
                f"{one.loaded:,}",
                "everything" if one.is_whole else "a part",
            )
        console.print(table)
    if report.people:
        console.print(f"  {report.people:,} people. Recognised by: {_shares(report.recognised_by)}. "
                      f"Reached over: {_shares(report.reached_over)}.", soft_wrap=True)  # fmt: skip
    for finding in report.findings:
        for number, line in enumerate(_lines(finding)):
            style = _STYLES[finding.level] if not number else ""
            console.print(log_line(line), style=style, markup=False, soft_wrap=True)
    console.print(f"[bold]{report.channel}: {_verdict([report])}[/bold]  [dim]{report.seconds:.1f} s[/dim]\n")


def _lines(finding: Finding) -> list[str]:
    lines = [f"  {finding.level}  {finding.about}: {finding.text}"]
    if finding.file and (finding.line or finding.value):
        place = f"{finding.file}, line {finding.line}" if finding.line else finding.file
        of_field = f", {finding.field}" if finding.field else ""
        value = f": {finding.value!r}" if finding.value else ""
        lines.append(f"      at       {place}{of_field}{value}")
    if finding.allowed:
        from orchestration.channel_check.findings import listed

        lines.append(f"      allowed  {listed(finding.allowed, most=40)}")
    if finding.fix:
        lines.append(f"      fix      {finding.fix}")
    return lines


def _shares(filled: list[Filled]) -> str:
    return ", ".join(f"{one.name} {one.share:.0%}" for one in filled) or "nothing"


def _verdict(reports: list[ChannelReport]) -> str:
    problems, warnings = (sum(report.count(level) for report in reports) for level in ("problem", "warning"))
    counts = [f"{number} {word if number == 1 else word + 's'}" for number, word in
              ((problems, "problem"), (warnings, "warning")) if number]  # fmt: skip
    if not problems:
        seen = any(table.rows for report in reports for table in report.tables)
        counts = ["ready" if seen else "ready as far as can be told without rows", *counts]
    return ", ".join(counts)


def _print_verdict(reports: list[ChannelReport]) -> None:
    console.print(f"[bold]{len(reports)} channels: {_verdict(reports)}[/bold]")
