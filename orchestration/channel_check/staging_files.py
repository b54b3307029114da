"""Whether a channel's staging folder has what a run needs: its source, its models, names that something reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from ingestion.contract.channel import Channel
from orchestration.channel_check.findings import PROBLEM, WARNING, Finding, listed
from orchestration.channel_check.staging_build import Nodes, staging_models
from stores.safe_yaml import read_safe_yaml
from stores.settings import Settings

_LEDGER = "file_ledger"
_UNITED = re.compile(r"\b(?:united|channels_with)\('([a-z_]+)'")
_AT_PARSE = re.compile(r"\((?P<path>[^()]+\.(?:sql|yml|yaml))\)")


def staging_folder(settings: Settings, channel: str) -> Path:
    """Where the channel's staging models stand."""
    return settings.project_root / "dbt_project" / "models" / "staging" / channel


def shown_folder(channel: str) -> str:
    """The same as messages name it."""
    return f"dbt_project/models/staging/{channel}/"


def source_findings(settings: Settings, channel: Channel) -> Iterator[Finding]:
    """Whether the channel's yml declares its dataset with all of its tables; read without dbt, which may not parse."""
    shown = shown_folder(channel.name)
    folder = staging_folder(settings, channel.name)
    if not any(folder.glob("stg_*.sql")):
        text = f"There is no staging model in {shown}: the rows are read into the lake and nothing is made of them."
        yield Finding(PROBLEM, channel.name, text, "Write the models: docs/bring-your-own-data.md, step 2.")
        return
    sources: dict[str, Any] = {}
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        try:
            document = read_safe_yaml(path) or {}
            sources |= {one["name"]: (path.name, one) for one in document.get("sources") or []}
        except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError) as bad:
            text = f"{shown}{path.name} cannot be read: {' '.join(str(bad).split())}."
            yield Finding(PROBLEM, path.name, text, "Correct the YAML.", f"{shown}{path.name}")
            return
    if channel.dataset not in sources:
        known = f" It declares {listed(sorted(sources))}." if sources else ""
        text = f"No yml in {shown} declares the source {channel.dataset}.{known}"
        fix = f"Copy _<channel>__sources.yml of another channel and name the source {channel.dataset}."
        yield Finding(PROBLEM, channel.name, text, fix, shown)
        return
    name, source = sources[channel.dataset]
    declared = {table.get("name") for table in source.get("tables") or [] if isinstance(table, dict)}
    wanted = [*(table.name for table in channel.tables), _LEDGER]
    missing = [table for table in wanted if table not in declared]
    if missing:
        text = f"The source {channel.dataset} lacks {listed(missing)}; no model can read it."
        fix = f"Add `- name: {missing[0]}` to its tables in {shown}{name}."
        yield Finding(WARNING, channel.name, text, fix, f"{shown}{name}")


def model_findings(channel: str, nodes: Nodes) -> Iterator[Finding]:
    """Whether something reads each of the channel's models, and whether what every channel has is there.

    Args:
        channel: its name.
        nodes: the project's, with the channel in use.
    """
    own = staging_models(nodes, channel)
    read = {parent for node in nodes.values() if node["resource_type"] == "model" for parent in _parents(node)}
    prefix = f"stg_{channel}__"
    concepts = _concepts(nodes)
    filled = []
    for name, node in own.items():
        concept = node["name"].removeprefix(prefix)
        if concept in concepts and node["name"].startswith(prefix):
            filled.append(concept)
        elif name not in read:
            near = get_close_matches(concept, concepts, n=1, cutoff=0.7)
            text = f"Nothing reads the model {node['name']}."
            fix = f"Call it {prefix}{near[0]}?" if near else f"Concept models are called {prefix}<concept>."
            yield Finding(WARNING, node["name"], text, fix, node["original_file_path"], allowed=tuple(concepts))
    if own and not [concept for concept in filled if concept != _LEDGER]:
        text = "None of its models is a concept, so nothing of the channel reaches a customer."
        fix = f"Write at least {prefix}profiles or {prefix}orders."
        yield Finding(PROBLEM, channel, text, fix, shown_folder(channel), allowed=tuple(concepts))
    if own and _LEDGER not in filled:
        text = f"There is no {prefix}{_LEDGER}: no run can show that every row that arrived is loaded or in quarantine."
        yield Finding(WARNING, channel, text, f"Copy stg_<channel>__{_LEDGER}.sql and .yml of another channel.")


def parse_finding(channel: str, said: str) -> Finding | None:
    """Dbt's refusal to parse as a finding of this channel; None where it is about another part of the project."""
    found = _AT_PARSE.search(said)
    folder = shown_folder(channel).removeprefix("dbt_project/")
    if not found or folder not in found["path"]:
        return Finding(PROBLEM, channel, said, f"Correct it in {shown_folder(channel)}.") if folder in said else None
    path = f"dbt_project/{found['path']}"
    # behind it dbt says by which macros it came there
    text = said.partition(found[0])[2].partition(" > in macro ")[0].strip(" :") or said
    return Finding(PROBLEM, Path(path).stem, text, f"Correct {path} and check again.", path)


def _concepts(nodes: Nodes) -> list[str]:
    """What channels share: the concepts that some model unites."""
    return sorted({name for node in nodes.values() for name in _UNITED.findall(node.get("raw_code") or "")})


def _parents(node: Mapping[str, Any]) -> list[str]:
    return list(node.get("depends_on", {}).get("nodes", []))
