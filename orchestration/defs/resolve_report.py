"""The before/after report of identities: part of the monthly deep re-resolve."""

import logging

import dagster as dg

from orchestration.asset_keys import DATA_TEAM, WAREHOUSE_POOL
from orchestration.defs.resources import RunScope
from orchestration.stewardship.identity_diff import compare, keep

log = logging.getLogger(__name__)

IDENTITY_REPORT = dg.AssetKey(["identity", "resolve_report"])
_MARTS = [dg.AssetKey(["marts", name]) for name in ("customer_profiles", "identity_events")]


@dg.asset(
    key=IDENTITY_REPORT,
    deps=_MARTS,
    group_name="identity",
    owners=[DATA_TEAM],
    kinds={"duckdb", "markdown"},
    pool=WAREHOUSE_POOL,
    description=(
        "What a full rebuild of identities changed against the last publication (身份重算对比): new, moved and removed "
        "customers and profiles, the biggest customers, shares that changed."
    ),
)
def resolve_report(context: dg.AssetExecutionContext, run: RunScope) -> dg.MaterializeResult:
    """Compare, keep the report in the home folder, show it."""
    run.acquire_warehouse()
    report = compare(run.settings, context.run_id)
    path = keep(run.settings, report)
    log.info(
        "Identities: %d customers (%d before), %d ids gone, %d profiles moved; %s",
        report.counts["customers_after"],
        report.counts["customers_before"],
        report.counts["customers_removed"],
        report.counts["profiles_moved"],
        path,
    )
    return dg.MaterializeResult(
        metadata={
            **report.counts,
            **report.churn,
            "compared_with": report.compared_with,
            "report": dg.MetadataValue.md(report.markdown()),
            "file": dg.MetadataValue.path(str(path)),
        }
    )
