"""dbt in its own process, one at a time on a warehouse: `python -m orchestration.dbt.dbt_child build …`.

A killed run leaves its dbt child behind for a while. The child holds a lock of its own as long as it lives, so the next
run's dbt waits for it instead of meeting a warehouse that is still being written.

`GUANXI_DBT_PARSED` names a parse of the project (`partial_parse.msgpack`) to start from: dbt then reads no file of the
project and compares none. `GUANXI_DBT_PARSED_VARS` has the vars of that parse: they decide what the project is, such
as its channels, so that a command with others parses by itself.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.dbt.shortcuts.dbt_shortcuts import take_shortcuts
from stores.file_locks import acquire

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Environment variables: the path of a parse that fits the project's files, and its vars as on dbt's command line.
PARSED, PARSED_VARS = "GUANXI_DBT_PARSED", "GUANXI_DBT_PARSED_VARS"
# Environment variable with the path of a JSON file: the ids of the nodes that get the tag, to be selected by it; with
# `is_trial`, what a test of them finds keeps dbt from building nothing, and there is no manifest. A run's manifest is
# that of the parse: to write another takes as long as building many models, and nothing reads what a build adds to it.
CHOSEN = "GUANXI_DBT_CHOSEN"
CHOSEN_TAG = "chosen_for_this_run"
# Stand for the lake's folder, and that of models' results, in a parse, which serves every installation.
LAKE_OF_PARSES = "/lake-of-the-installation"
RESULTS_OF_PARSES = "/results-of-the-installation"
_READ_ONLY = {"parse", "ls", "list", "deps", "debug", "--version"}


def read_parse(path: str) -> Manifest:
    """The stored parse of a project."""
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(Path(path).read_bytes())
    manifest.build_flat_graph()  # the `graph` of macros, which a stored parse lacks
    return manifest


def run_dbt(arguments: Sequence[str], read: Callable[[str], Manifest] = read_parse) -> None:
    """Take the lock named by `GUANXI_DBT_LOCK` unless the command leaves the warehouse alone, then become dbt.

    Args:
        arguments: dbt's own.
        read: gives the parse at a path.

    Raises:
        SystemExit: always, with dbt's exit code.
    """
    is_read_only = bool(_READ_ONLY.intersection(arguments))
    lock_path = os.environ.get("GUANXI_DBT_LOCK")
    if lock_path and not is_read_only:
        acquire(Path(lock_path))  # held until the process ends, however it ends: nothing closes it
    from dbt.cli.main import cli

    take_shortcuts()
    parsed = os.environ.get(PARSED)
    if not parsed or is_read_only or _vars(arguments) != os.environ.get(PARSED_VARS, ""):
        cli(list(arguments))
        return
    # As dbt's own `dbtRunner(manifest=…)` does, but with the exit codes and the output of the command line.
    cli(list(arguments), obj={"manifest": with_chosen_tagged(at_this_lake(read(parsed))), "callbacks": []})


def with_chosen_tagged(manifest: Manifest) -> Manifest:
    """The parse with the nodes tagged that are chosen: to select hundreds of them by name takes dbt seconds."""
    place = os.environ.get(CHOSEN)
    chosen = json.loads(Path(place).read_text(encoding="utf-8")) if place else {"nodes": []}
    for unique_id in chosen["nodes"]:
        node = manifest.nodes[unique_id]
        node.tags.append(CHOSEN_TAG)
        if chosen.get("is_trial") and hasattr(node.config, "severity"):
            node.config.severity = "warn"
    if place:
        parse = Path(os.environ[PARSED]).with_name("manifest.json")
        # of this one; dbt writes it with the results
        manifest.write = (lambda path: None) if chosen.get("is_trial") else partial(shutil.copyfile, parse)  # type: ignore[method-assign]
    return manifest


def _vars(arguments: Sequence[str]) -> str:
    given = [word.partition("=")[2] for word in arguments if word.startswith("--vars=")]
    given += [value for word, value in pairwise(arguments) if word == "--vars"]
    return given[0] if given else ""


def at_this_lake(manifest: Manifest) -> Manifest:
    """The parse with its sources in the lake of this installation: the one place of a parse that names a folder."""
    lake = os.environ["GUANXI_LAKE"]
    results = os.environ.get("GUANXI_RESULTS", lake)
    for source in manifest.sources.values():
        for meta in (source.meta, source.config.meta):
            if "external_location" in meta:
                place = meta["external_location"].replace(LAKE_OF_PARSES, lake)
                meta["external_location"] = place.replace(RESULTS_OF_PARSES, results)
    return manifest


if __name__ == "__main__":
    run_dbt(sys.argv[1:])
