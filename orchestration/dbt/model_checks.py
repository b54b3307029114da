"""The tests of a model as one asset check: which of them failed, and with which values.

One check a test would be four hundred, whose events cost more than the build.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

DATA_TESTS = "data_tests"
_NOT_RUN = "skipped"


def tested(test: Mapping[str, Any]) -> str | None:
    """Unique id of the model or seed that a dbt test is about; of several the first that it reads.

    Args:
        test: the test's node of dbt's manifest.
    """
    read = [one for one in test["depends_on"]["nodes"] if one.split(".")[0] in ("model", "seed", "snapshot")]
    return test.get("attached_node") or next(iter(read), None)


def check_spec(asset: dg.AssetKey) -> dg.AssetCheckSpec:
    """The check that stands for all tests of a model."""
    return dg.AssetCheckSpec(
        DATA_TESTS, asset=asset, description="dbt 数据测试 The model's data tests, run with every build of it."
    )


def check_results(
    keys: Mapping[str, dg.AssetKey],
    wanted: frozenset[dg.AssetCheckKey],
    nodes: Mapping[str, Mapping[str, Any]],
    target: Path,
    failed: Sequence[Mapping[str, Any]],
) -> Iterator[dg.AssetCheckResult]:
    """A result for each model whose tests were run in a build.

    Args:
        keys: asset keys by the unique id of their model.
        wanted: the checks that this step answers for; others belong to another step or were not asked for.
        nodes: the project's, by their unique id.
        target: dbt's target folder of the build.
        failed: what `dbt_failing_rows.with_examples` gave: messages with the values that fail.
    """
    messages = {one["name"]: one["message"] for one in failed}
    ran: dict[dg.AssetKey, list[dict[str, Any]]] = {}
    for result in json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]:
        test = nodes.get(result["unique_id"])
        if test and test["resource_type"] == "test" and result["status"] != _NOT_RUN:
            key = keys.get(tested(test) or "")
            if key and dg.AssetCheckKey(key, DATA_TESTS) in wanted:
                ran.setdefault(key, []).append({**result, "name": test["name"]})
    for key, results in ran.items():
        bad = [one for one in results if one["status"] != "pass"]
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=DATA_TESTS,
            passed=not bad,
            severity=_severity(bad),
            description=f"{len(bad)} of {len(results)} tests failed" if bad else None,
            metadata={"tests": len(results), **({"failing": _listed(bad, messages)} if bad else {})},
        )


def _severity(bad: Sequence[Mapping[str, Any]]) -> dg.AssetCheckSeverity:
    """An error stops the build; a warning is only told."""
    is_warning = all(one["status"] == "warn" for one in bad)
    return dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR


def _listed(bad: Sequence[Mapping[str, Any]], messages: Mapping[str, str]) -> dg.MarkdownMetadataValue:
    lines = [f"- `{one['name']}`: {messages.get(one['name']) or one.get('message') or one['status']}" for one in bad]
    return dg.MetadataValue.md("\n".join(lines))
