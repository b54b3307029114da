"""The gates as asset checks: raw in (on the lake), marts out, plan before sending. A failed critical one blocks."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from expectations.gate import GateResult, discover
from expectations.suite import Boundary, Check, Suite
from orchestration.asset_keys import LAKE, WAREHOUSE_POOL
from orchestration.defs.resources import RunScope
from orchestration.gates import run_gates
from orchestration.gates.result_text import tell, way_on

TABLES_EXIST = "tables_exist"
_BOUNDARIES: tuple[Boundary, ...] = ("raw", "marts", "plan")


def suite_key(suite: Suite) -> dg.AssetKey:
    """The asset that a suite guards: its mart, or the lake as a whole for what comes in."""
    return LAKE if suite.boundary == "raw" else dg.AssetKey(suite.table.split("."))


def gate_checks(boundary: Boundary, suites: Sequence[Suite]) -> dg.AssetChecksDefinition:
    """One step that runs a gate; each of its expectations is an asset check."""
    specs = {f"{suite.name}__{check.name}": _spec(suite, check) for suite in suites for check in suite.checks}
    specs |= {f"{suite.name}__{TABLES_EXIST}": _existence(suite) for suite in suites if suite.requires}

    @dg.multi_asset_check(name=f"gate_{boundary}", specs=list(specs.values()), can_subset=True, pool=WAREHOUSE_POOL)
    def _gate(context: dg.AssetCheckExecutionContext, run: RunScope) -> Iterator[dg.AssetCheckResult]:
        run.acquire_warehouse()
        found = {
            f"{result.suite}__{result.check}": result
            for result in run_gates.check(run.settings, boundary, context.run.run_id, run.day)
        }
        selected = context.op_execution_context.selected_asset_check_keys
        for name, spec in specs.items():
            if spec.key in selected:
                yield _result(spec, found.get(name), f"{name.partition('__')[0]}__{TABLES_EXIST}" in found)

    return _gate


def _spec(suite: Suite, check: Check) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        f"{suite.name}__{check.name}",
        asset=suite_key(suite),
        description=f"{check.description_zh} {check.description_en}",
        blocking=check.severity == run_gates.CRITICAL,
    )


def _existence(suite: Suite) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        f"{suite.name}__{TABLES_EXIST}",
        asset=suite_key(suite),
        description="要检查的表都存在 The tables to check exist",
        blocking=True,
    )


def _result(spec: dg.AssetCheckSpec, result: GateResult | None, is_absent: bool) -> dg.AssetCheckResult:
    if result is None:
        note = "not checked: tables are missing" if is_absent else "nothing to check"
        return dg.AssetCheckResult(
            check_name=spec.name, asset_key=spec.asset_key, passed=not is_absent,
            severity=dg.AssetCheckSeverity.WARN, metadata={"note": note},
        )  # fmt: skip
    metadata: dict[str, Any] = {
        "table": result.table,
        "column": result.column,
        "failing_rows": result.unexpected_count,
        "failing_percent": result.unexpected_percent,
    }
    if result.failing_rows:
        metadata["such_as"] = dg.MetadataValue.md("\n".join(f"- `{row}`" for row in result.failing_rows))
    if result.failing_rows_path:
        metadata["failing_rows_file"] = dg.MetadataValue.path(result.failing_rows_path)
    if result.error:
        metadata["error"] = result.error
    return dg.AssetCheckResult(
        check_name=spec.name,
        asset_key=spec.asset_key,
        passed=result.success,
        severity=dg.AssetCheckSeverity.ERROR if result.is_blocking else dg.AssetCheckSeverity.WARN,
        description=f"{tell(result)}. {way_on(result)}" if not result.success else None,
        metadata=metadata,
    )


@dg.definitions
def quality() -> dg.Definitions:
    """The three gates."""
    found = discover()
    by_boundary = {name: [suite for suite in found if suite.boundary == name] for name in _BOUNDARIES}
    return dg.Definitions(asset_checks=[gate_checks(name, suites) for name, suites in by_boundary.items() if suites])
