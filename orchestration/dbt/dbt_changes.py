"""Which models and seeds of the dbt project differ between two states of its files, and why.

A node has one fingerprint over everything that decides its rows: its SQL or seed file, the macros that it calls, the
vars that those read, what it reads from, its configuration and its contract; not its description, tests or `meta`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from orchestration.dbt.dbt_project import digest

_BUILT = ("model", "seed")
# Parts of a node's configuration that decide no row of it.
_WORDS = {"meta", "tags", "docs", "group", "access", "persist_docs", "grants", "unrendered_config"}
_VAR = re.compile(r"""\bvar\(\s*['"](\w+)['"]""")


def fingerprints(manifest: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, str]:
    """Fingerprint of every model and seed that is switched on, by its unique id.

    Args:
        manifest: dbt's `manifest.json`.
        values: `vars` of `dbt_project.yml`.
    """
    return {
        unique_id: _fingerprint(node, manifest["macros"], values)
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in _BUILT
    }


def variables(project: Path) -> dict[str, Any]:
    """The `vars` of a dbt project.

    Args:
        project: folder of `dbt_project.yml`.
    """
    document = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    return dict(document.get("vars") or {})


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Unique ids of the nodes that are new or have another fingerprint, sorted."""
    return sorted(unique_id for unique_id, mark in after.items() if before.get(unique_id) != mark)


def removed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Unique ids of the nodes that are there no more, sorted."""
    return sorted(before.keys() - after.keys())


def _fingerprint(node: Mapping[str, Any], macros: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    depends = node.get("depends_on") or {}
    config = {name: value for name, value in node["config"].items() if name not in _WORDS}
    called = set(depends.get("macros", []))
    called |= {
        f"macro.{node['package_name']}.materialization_{config.get('materialized')}_{kind}"
        for kind in ("default", "duckdb", "spark")
    }
    own = [name for name in _closure(called, macros) if macros[name]["package_name"] == node["package_name"]]
    texts = [macros[name]["macro_sql"] for name in sorted(own)]
    read = sorted({name for text in [node.get("raw_code") or "", *texts] for name in _VAR.findall(text)})
    typed = [(name, column.get("data_type")) for name, column in node.get("columns", {}).items()]
    return digest(
        [],
        node["checksum"]["checksum"],
        json.dumps(config, sort_keys=True, default=str),
        json.dumps(typed if (config.get("contract") or {}).get("enforced") else []),
        json.dumps(sorted(depends.get("nodes", []))),
        json.dumps({name: values.get(name) for name in read}, sort_keys=True, default=str),
        *texts,
    )


def _closure(names: set[str], macros: Mapping[str, Any]) -> set[str]:
    """These macros and all that they call; a name that is no macro of the manifest is left out."""
    found: set[str] = set()
    waiting = names & macros.keys()
    while waiting:
        found |= waiting
        waiting = {one for name in waiting for one in macros[name]["depends_on"]["macros"]} & macros.keys() - found
    return found
