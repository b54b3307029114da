"""Made-up campaigns as experiments: the models' own SQL over units or plans, and the readings of what they add up."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.campaign_experiments.reading import Asked, CampaignReading, read_arms
from serving.campaigns.experiments import ArmSums, CampaignArm
from tests.testing.dbt.compiled_models import CompiledModels

MARTS = ("campaign_arms", "campaign_arm_metrics")
INCREMENTS = "campaign_increments"
VALUE_LOG = "int_campaign_value_log"
MODELS = ("int_campaign_assignments", "int_campaign_units", *MARTS, INCREMENTS, VALUE_LOG)


def compiled(folder: Path) -> CompiledModels:
    """The models of the experiments that campaigns are."""
    return CompiledModels(folder, select=MODELS)


def readings(connection: duckdb.DuckDBPyConnection, asked: Asked) -> dict[str, CampaignReading]:
    """The reading of every campaign in the marts, by campaign."""
    arms: dict[str, list[CampaignArm]] = {}
    for campaign, *values in connection.execute(
        f"select campaign_id, {', '.join(CampaignArm.__dataclass_fields__)} from campaigns.campaign_arms"
        " order by campaign_id, is_holdout, arm"
    ).fetchall():
        arms.setdefault(campaign, []).append(CampaignArm(*values))
    sums: dict[str, list[ArmSums]] = {}
    for campaign, *values in connection.execute(
        f"select campaign_id, {', '.join(ArmSums.__dataclass_fields__)} from campaigns.campaign_arm_metrics"
        " order by campaign_id, metric, arm"
    ).fetchall():
        sums.setdefault(campaign, []).append(ArmSums(*values))
    return {campaign: read_arms(campaign, found, sums[campaign], asked) for campaign, found in arms.items()}


def write_campaigns(connection: duckdb.DuckDBPyConnection, campaigns: str) -> None:
    """The tables that say what campaigns are.

    Args:
        connection: a warehouse.
        campaigns: SQL of their names, a column campaign_id.
    """
    connection.execute(f"""
        create table intermediate.int_campaigns as
        select campaign_id, 1 as version, 'Name' as name_zh, 'Name' as name_en, 'campaign' as kind,
            'once' as occurrence, 20.0::double as holdout_percent, 'purchase' as goal, 14 as goal_window_days
        from ({campaigns});
        create table intermediate.int_campaign_goal_data as
        select 'purchase' as goal, true as has_data, false as is_of_messages;
    """)
