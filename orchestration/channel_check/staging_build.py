"""Builds a channel's staging models, and what unites and judges them, on a sample: in a warehouse that is thrown away.

The parse is the one of the project's runs, so that a check costs no second one; only the var `channels` is narrowed to
the channel while dbt works, so that the models that unite channels read this one alone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration.dbt import dbt_process, dbt_project
from orchestration.dbt.dbt_child import CHOSEN, CHOSEN_TAG, PARSED, PARSED_VARS
from orchestration.fitted_models.model_results import ensure_results
from stores.atomic_files import write_json
from stores.settings import Settings

# What is held back from every total, and why: unites all concepts of which a row can be held.
HELD_ROWS = "int_held_rows"
_STAGING, _INTERMEDIATE = "models/staging/", "models/intermediate/"
_LAST_LINES = 12
_NAMED_REF = re.compile(r"""\bref\(\s*['"](stg_[a-z0-9_]+__[a-z0-9_]+)['"]\s*\)""")

Nodes = Mapping[str, Mapping[str, Any]]


@dataclass
class Build:
    """What dbt made of a sample.

    Attributes:
        results: outcome of each node that was to be built, by unique id.
        nodes: the project's nodes by unique id.
        trouble: dbt's last words when it did not even begin; else empty.
        left_out: models of the channel's rows that need more than the channel, such as the customers of all of them.
    """

    results: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    nodes: Nodes = field(default_factory=dict)
    trouble: str = ""
    left_out: list[str] = field(default_factory=list)

    def is_built(self, name: str) -> bool:
        """Whether a model is there to be asked."""
        return any(self.nodes[one]["name"] == name and r["status"] == "success" for one, r in self.results.items())

    def relation(self, name: str) -> str:
        """A model or seed in SQL."""
        return next(str(self.nodes[one]["relation_name"]) for one in self.results if self.nodes[one]["name"] == name)


def staging_models(nodes: Nodes, channel: str) -> dict[str, Mapping[str, Any]]:
    """The staging models of a channel by unique id."""
    folder = f"{_STAGING}{channel}/"
    return {
        name: node
        for name, node in nodes.items()
        if node["resource_type"] == "model" and node["original_file_path"].startswith(folder)
    }


def build(sampled: Settings, channel: str, parse: Path, nodes: Nodes, variables: Mapping[str, object]) -> Build:
    """Build and test what the channel's rows decide.

    Args:
        sampled: the home that the sample is in.
        channel: its name.
        parse: the parsed project's `manifest.json`, in which the channel is in use.
        nodes: of that manifest.
        variables: dbt vars that the parse was made with beside the project's own.
    """
    chosen, left_out = _chosen(nodes, channel)
    target = dbt_project.build_dir(sampled)
    sampled.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    ensure_results(sampled)
    # what a test finds is told, and stands in the way of no other finding
    write_json(target / "chosen.json", {"nodes": sorted(chosen), "is_trial": True})
    given = json.dumps({**variables, "channels": [channel]})
    env = {**os.environ, **dbt_project.environment(sampled), **_start(parse, given)}
    env |= {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target), CHOSEN: str(target / "chosen.json")}
    arguments = [
        "--quiet", "--no-use-colors", "build", "--select", f"tag:{CHOSEN_TAG}", "--indirect-selection", "empty",
        "--vars", given, "--project-dir", str(dbt_project.project_dir(sampled)),
    ]  # fmt: skip
    process = dbt_process.start(arguments, env, dbt_project.project_dir(sampled))
    assert process.stdout
    with process.stdout:
        said = process.stdout.read().decode(errors="replace")
    process.wait()
    try:
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError, KeyError):
        return Build(nodes=nodes, trouble="\n".join(said.strip().split("\n")[-_LAST_LINES:]) or "dbt was stopped")
    return Build({one["unique_id"]: one for one in results}, nodes, left_out=left_out)


def make_ready(settings: Settings, parse: Path) -> None:
    """Let dbt start and load the parse in the background."""
    env = {**os.environ, **dbt_project.environment(settings), **_start(parse, "")}
    dbt_process.prepare(env, dbt_project.project_dir(settings))


def _start(parse: Path, variables: str) -> dict[str, str]:
    return {PARSED: str(parse.with_name(dbt_project.PARTIAL_PARSE)), PARSED_VARS: variables}


def _chosen(nodes: Nodes, channel: str) -> tuple[set[str], list[str]]:
    """The channel's models, those that unite them, what says which rows are held, and the tests of all these.

    Beside it the names of models that read the channel's, and whose other parents only a run can build.
    """
    own = staging_models(nodes, channel)
    held = {name for name, node in nodes.items() if node["name"] == HELD_ROWS and node["resource_type"] == "model"}
    reading = {
        name: _with_parents(nodes, own, [name])
        for name, node in nodes.items()
        if node["resource_type"] == "model" and _is_in(node, _INTERMEDIATE) and own.keys() & set(_parents(node))
    }
    # not built here; where the macros that unite channels name them, the narrowed var leaves them out
    foreign = {node["name"] for name, node in nodes.items() if _is_in(node, _STAGING) and name not in own}
    left_out = {name for name, parents in reading.items() if any(foreign & _named(nodes[one]) for one in parents)}
    chosen = _with_parents(nodes, own, [*own, *held, *(reading.keys() - left_out)])
    models = {name for name in chosen if nodes[name]["resource_type"] == "model"}
    # a test may need a seed that no model reads; the rows of seeds themselves are looked at before, without dbt
    seeds = {name for name, node in nodes.items() if node["resource_type"] == "seed"}
    tests = {
        name
        for name, node in nodes.items()
        if node["resource_type"] == "test"
        and node.get("attached_node") in models
        and set(_parents(node)) <= chosen | seeds
    }
    wanted = chosen | tests | {seed for test in tests for seed in _parents(nodes[test]) if seed in seeds}
    return wanted, sorted(str(nodes[name]["name"]) for name in left_out)


def _with_parents(nodes: Nodes, own: Mapping[str, Any], waiting: list[str]) -> set[str]:
    """Nodes with all that they are built from; of staging only the channel's own."""
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        node = nodes.get(name)
        if node and name not in found and (name in own or not _is_in(node, _STAGING)):
            found.add(name)
            waiting += _parents(node)
    return found


def _named(node: Mapping[str, Any]) -> set[str]:
    """Staging models that a node's own text names: it reads them whichever channels are in use."""
    return set(_NAMED_REF.findall(str(node.get("raw_code") or "")))


def _is_in(node: Mapping[str, Any], folder: str) -> bool:
    return str(node["original_file_path"]).startswith(folder)


def _parents(node: Mapping[str, Any]) -> list[str]:
    return list(node.get("depends_on", {}).get("nodes", []))
