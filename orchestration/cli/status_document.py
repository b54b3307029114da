"""What `guanxi status --json` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from orchestration.dagster_host.run_history import latest_runs
from orchestration.gates.result_text import tell
from orchestration.installation_overview import Overview
from orchestration.runs.business_day import fixed_day
from stores.settings import Settings


def status_document(settings: Settings, seen: Overview, runs: int) -> dict[str, Any]:
    """The state of an installation as one document; its keys stay as they are, new ones may come.

    Args:
        settings: the installation.
        seen: what it holds.
        runs: how many of the latest runs to list.
    """
    publication, gates = seen.publication, seen.gates
    return {
        "data_folder": settings.home,
        "fixed_day": fixed_day(settings),
        "publication": publication and asdict(publication),
        "gates": gates
        and {
            "outcome": gates["outcome"],
            "checks": len(gates["results"]),
            "failed": [
                {"severity": one["severity"], "table": one["table"], "check": one.get("check"), "says": tell(one)}
                for one in gates["results"]
                if not one["success"]
            ],
        },
        "warehouse_damage": seen.warehouse_damage or None,
        "customers": seen.customers,
        "profiles": seen.profiles,
        "merged_customers": seen.merged_customers,
        "stages": seen.stages,
        "segments": [{**asdict(one), "title": one.name_zh} for one in seen.segments],
        "plan": [
            {"decision": decision, "reason": reason or None, "candidates": count}
            for (decision, reason), count in seen.plan.items()
        ],
        "messages": seen.ledger,
        "campaigns": seen.campaigns,
        "channels": [asdict(one) for one in seen.channels],
        "channels_without_models": seen.without_models,
        "undelivered_consents": seen.undelivered_consents,
        "runs": [asdict(one) for one in latest_runs(settings, runs)],
    }
