"""A full refresh from the raw lake to the marts, against one hand-written DuckDB script that computes the same."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb

from benchmarks.claim import Bench, Line
from benchmarks.measure import Stopwatch, measured
from benchmarks.sent_messages import record_messages
from benchmarks.shared_retailer import AS_OF, settings_of, world
from orchestration.dbt.build_steps import FEATURES
from orchestration.dbt.dbt_project import run_quietly
from orchestration.fitted_models.lifetime import forecast_lifetime

ORDER = 2
MARTS_LIMIT = 2.5
SCHEMAS = {"segment": "segments", "campaign": "campaigns"}  # by the first word of the name; else marts
SCRIPT = Path(__file__).parent / "handwritten"
PARTS = (
    "profiles.sql", "customers.sql", "consents.sql", "customer_marts.sql", "timeline.sql", "marts.sql",
    "further_marts.sql", "quality_marts.sql", "order_lines.sql", "business_metrics.sql", "histories.sql",
    "held_rows.sql", "identity_marts.sql", "campaigns.sql", "campaign_plan.sql", "campaign_results.sql",
    "lifetime.sql",
)  # fmt: skip
# Marts that the script makes in tables of the same names; every column must be equal row by row.
MARTS = (
    "customers", "customer_profiles", "customer_identifiers", "customer_links", "customer_field_sources",
    "customer_consents", "customer_channel_summary", "customer_timeline", "customer_rfm", "customer_lifecycle",
    "customer_lifecycle_history", "customer_value", "customer_lifetime", "segment_members", "daily_metrics",
    "monthly_repurchase", "daily_channel_metrics", "customer_daily_activity", "data_quality", "order_totals",
    "identity_spread",
    "campaign_messages", "campaign_holdout_customers", "campaign_performance", "customer_order_lines",
    "customer_id_redirects", "identity_events", "identity_review", "id_stability", "held_rows",
    "daily_feedback", "business_snapshots", "metric_days", "stage_transitions", "stage_dwell_times", "cohort_retention",
    "customer_state_history", "customer_quadrants", "state_sizes",
    "segment_dormant_recall", "segment_high_value", "segment_new_customers", "segment_win_back",
)  # fmt: skip
# Published marts that the script does not make, and why not.
_AS_IN_THE_LAKE = "a few rows about fitted models, as the lake has them"
_OF_A_HISTORY = "follows from what earlier builds decided, of which a script knows nothing"
WITHOUT_PEER: dict[str, str] = {
    "campaign_plan": "by hand it knows caps and addresses alone; tests compare it with an exact solver",
    "customer_tags": "made of 300 rules: compared with a peer of their own",
    "customer_tag_periods": "the rows of customer_tags as lists",
    "tag_numbers": "a number for each tag",
    "metric_definitions": "words about metrics, one row each",
    "metric_values": "tests compare it with what pages count, figure by figure",
    "saved_queries": "SQL as text, one row each",
    "goal_progress": "a row for each goal",
    "negative_feedback_weeks": "daily_feedback, which has a peer, by week and region",
    "journey_runs": _OF_A_HISTORY,
    "journey_transitions": _OF_A_HISTORY,
    "journey_tasks": _OF_A_HISTORY,
    "journey_funnel": _OF_A_HISTORY,
    "campaign_arms": _OF_A_HISTORY,
    "campaign_fatigue": "a row for each band of frequency",
    "campaign_arm_metrics": _OF_A_HISTORY,
    "campaign_increments": _OF_A_HISTORY,
    "campaign_conversions": "summed up in campaign_messages, which has a peer",
    "campaign_costs": "a row for each line of a campaign's budget",
    "campaign_returns": "a row for each version of a campaign",
    "campaign_values": "a row for each campaign",
    "lifetime_models": _AS_IN_THE_LAKE,
    "lifetime_figures": _AS_IN_THE_LAKE,
    "lifetime_calibration": _AS_IN_THE_LAKE,
    **dict.fromkeys(
        (
            "segment_birthday",
            "segment_lunar_birthday",
            "segment_festival",
            "segment_member_day",
            "segment_loyalty_decay",
            "segment_membership_renewal",
        ),
        "a few lines over a calendar, with unit tests",
    ),
    "customer_tag_counts": "counts of customer_tags",
    "tag_coverage": "counts of customer_tags",
    "tag_family_coverage": "counts of customer_tags",
    "tag_summary": "counts of customer_tags",
    "tag_drift": "compares days that were built, of which a script knows one",
}
# Rows that are compared, where not all: a segment that somebody adds is no mistake of the script.
COMPARED = {"segment_members": "where segment in (select segment from main.segment_members)"}


def run(bench: Bench) -> list[Line]:
    """Ingest the made-up retailer, build its marts our way and by hand, and compare times and results."""
    home, ingested = world(bench)
    measured(record_messages, home=home)
    measured(forecasts_in_the_lake, home=home)
    models = measured(models_of_the_same_marts, home=home)
    peer = measured(by_hand, home=home, threads=bench.threads, memory_limit=bench.memory_limit)
    different = measured(differences, home=home).found
    if any(different.values()):
        raise RuntimeError(f"the hand-written script and the platform disagree, rows by mart: {different}")
    whole = measured(whole_build, home=home)
    size = f"{bench.sizes.customers:,} customers, {peer.found['orders']:,} orders, {peer.found['events']:,} events"
    return [
        Line(
            claim=f"models of all {len(MARTS)} published marts: {size}",
            ours=models,
            against="one hand-written script",
            peer=peer,
            limit=MARTS_LIMIT,
            note="equal row by row, in every column; ours resolves identities too",
        ),
        Line(
            claim="full build: every model and test, gates, publication",
            ours=whole,
            against=f"the same script, {len(MARTS)} marts",
            peer=peer,
            note="does far more than the script; shown only",
        ),
        Line(
            claim="ingestion of all channels before it",
            ours=ingested,
            note="personal data tokenised",
        ),
    ]


def by_hand(stopwatch: Stopwatch, home: Path, threads: int, memory_limit: str) -> dict[str, int]:
    """Run the hand-written script on the platform's customer map; how many orders and events there were."""
    settings = settings_of(home)
    target = home / "by_hand.duckdb"
    target.unlink(missing_ok=True)
    config = {"threads": threads, "memory_limit": memory_limit, "preserve_insertion_order": False}  # as dbt's is
    with duckdb.connect(str(target), config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach '{settings.warehouse_path}' as warehouse (read_only)")
        connection.execute(f"set variable lake = '{settings.lake}'")
        connection.execute(f"set variable seeds = '{settings.project_root / 'dbt_project' / 'seeds'}'")
        connection.execute(f"set variable as_of = date '{AS_OF}'")
        with stopwatch.phase("script"):
            for part in PARTS:
                connection.execute((SCRIPT / part).read_text(encoding="utf-8"))
        orders = connection.execute("select sum(orders)::bigint from profile_orders").fetchall()[0][0]
        events = connection.execute("select sum(interactions)::bigint from profile_days").fetchall()[0][0]
    return {"orders": orders, "events": events}


def forecasts_in_the_lake(stopwatch: Stopwatch, home: Path) -> None:
    """Forecast the customers, as a run does between two of its builds: both sides read what is found."""
    settings = settings_of(home)
    run_quietly(settings, ["seed"])
    run_quietly(settings, ["run", "--full-refresh", "--select", FEATURES.selector])
    forecast_lifetime(settings, AS_OF)


def models_of_the_same_marts(stopwatch: Stopwatch, home: Path) -> None:
    """Build the models that these marts need, from nothing; time in which at least one of them was being built."""
    settings = settings_of(home)
    run_quietly(settings, ["seed"])
    run_quietly(settings, ["run", "--full-refresh", "--select", *(f"+{name}" for name in MARTS)])
    results = json.loads((settings.state / "dbt" / "build" / "run_results.json").read_text(encoding="utf-8"))["results"]
    spans = sorted(
        (datetime.fromisoformat(step["started_at"]), datetime.fromisoformat(step["completed_at"]))
        for result in results
        for step in result["timing"]
        if step["name"] == "execute"
    )
    busy, until = 0.0, spans[0][0]
    for start, end in spans:
        busy += max((end - max(start, until)).total_seconds(), 0.0)
        until = max(until, end)
    stopwatch.phases["models"] = busy


def differences(_: Stopwatch, home: Path) -> dict[str, int]:
    """Rows of each mart that one side has and the other has not."""
    found = {}
    with duckdb.connect(str(home / "by_hand.duckdb"), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach '{settings_of(home).warehouse_path}' as warehouse (read_only)")
        for name in MARTS:
            schema = SCHEMAS.get(name.split("_")[0], "marts")
            known = connection.execute(f"describe warehouse.{schema}.{name}").fetchall()
            columns = ", ".join(column for column, *_ in known)
            rows = COMPARED.get(name, "")
            ours = f"select {columns} from warehouse.{schema}.{name} {rows}"
            theirs = f"select {columns} from main.{name} {rows}"
            found[name] = connection.execute(
                f"select count(*) from ((({ours}) except all ({theirs})) union all (({theirs}) except all ({ours})))"
            ).fetchall()[0][0]
    return found


def whole_build(stopwatch: Stopwatch, home: Path) -> None:
    """Everything between the lake and the publication, as the scheduled run does it, from nothing."""
    from orchestration.runs.run_job import run_job

    settings = settings_of(home)
    for path in settings.warehouse_path.parent.iterdir():
        path.unlink()
    with stopwatch.phase("build"):
        outcome = run_job(settings, "build", AS_OF, full=True)
    if not outcome.success:
        raise RuntimeError(f"the build failed: {outcome.error} {outcome.failed_checks[:5]}")
