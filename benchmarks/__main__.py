"""`python -m benchmarks`: run the benchmarks, print each as it is done and a table at the end.

python -m benchmarks                     everything, at full size
python -m benchmarks --quick             everything, small: shows that they run, the ratios mean nothing
python -m benchmarks ingest publication  these only
python -m benchmarks --full-size day     a retailer of a million customers
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.claim import FULL, FULL_SIZE, QUICK, Bench, Line, Score, Sizes


def discover() -> dict[str, ModuleType]:
    """The benchmarks: modules of this package with a `run` and an `ORDER`, by name, in that order."""
    found = {
        entry.name: importlib.import_module(f"benchmarks.{entry.name}")
        for entry in pkgutil.iter_modules(benchmarks.__path__)
        if entry.name != "__main__"
    }
    chosen = {name: module for name, module in found.items() if hasattr(module, "run") and hasattr(module, "ORDER")}
    return dict(sorted(chosen.items(), key=lambda item: item[1].ORDER))


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen benchmarks; the exit code is 1 when a limit is not met at full size."""
    known = discover()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the platform against its peers.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"which ones: {', '.join(known)}; all when none given")
    parser.add_argument("--quick", action="store_true", help="small data: shows that they run, the ratios mean nothing")
    parser.add_argument("--scale", type=float, default=1.0, metavar="FACTOR", help="times the full size, such as 0.1")
    parser.add_argument("--full-size", action="store_true", help="a retailer of 1 M customers: takes hours")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make the data in this folder and leave it there")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(known)}")
    console = Console()
    if not console.is_terminal:
        console = Console(width=150)
    lines: list[Line | Score] = []
    with tempfile.TemporaryDirectory(prefix="guanxi-bench-", ignore_cleanup_errors=True) as scratch:
        folder = options.keep or Path(scratch)
        bench = Bench(QUICK if options.quick else _chosen(options.full_size, options.scale), folder.resolve())
        for name in options.names or known:
            console.print(f"[dim]{name}: {(known[name].__doc__ or '').splitlines()[0]}[/dim]")
            for line in known[name].run(bench):
                console.print(f"  {line.claim}: {_figures(line)}")
                lines.append(line)
    console.print(_table(lines))
    missed = [line for line in lines if line.is_met is False]
    return 1 if missed and not options.quick else 0


def _chosen(full_size: bool, scale: float) -> Sizes:
    return (FULL_SIZE if full_size else FULL).scaled(scale)


def _figures(line: Line | Score) -> str:
    if isinstance(line, Score):
        return f"{line.shown} ({line.note})" if line.note else line.shown
    if line.peer is None:
        return f"{line.ours.seconds:.2f} s"
    return f"{line.ours.seconds:.2f} s against {line.peer.seconds:.2f} s ({line.against}): {line.ratio:.2f} x"


def _table(lines: list[Line | Score]) -> Table:
    table = Table(title="Benchmarks", title_justify="left")
    table.add_column("claim", overflow="fold")
    for heading in ("ours", "peer", "ratio", "CPU ratio", "limit", "met", "peak MB", "peer MB"):
        table.add_column(heading, justify="right")
    table.add_column("compared with; notes", overflow="fold")
    met = {True: "yes", False: "[bold red]no[/]", None: ""}
    for line in lines:
        if isinstance(line, Score):
            row = [line.claim, line.shown, "", "", "", line.limit_shown, met[line.is_met], "", "", line.note]
            table.add_row(*row)
            continue
        unit = "s" if line.peer is None else "x"
        table.add_row(
            line.claim,
            f"{line.ours.seconds:.2f} s",
            f"{line.peer.seconds:.2f} s" if line.peer else "",
            "" if line.ratio is None else f"{line.ratio:.2f} x",
            "" if line.cpu_ratio is None else f"{line.cpu_ratio:.2f} x",
            "" if line.limit is None else f"{line.limit:g} {unit}",
            met[line.is_met],
            f"{line.ours.peak_mb:,.0f}",
            f"{line.peer.peak_mb:,.0f}" if line.peer else "",
            "; ".join(part for part in (line.against, line.note) if part),
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
