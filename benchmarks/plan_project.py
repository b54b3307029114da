"""A dbt project of the models of the campaign plan alone, over made-up customers who are in every campaign."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import yaml

from stores.settings import PROJECT_ROOT

AS_OF = date(2026, 6, 30)
WAREHOUSE = Path("warehouse", "warehouse.duckdb")
PASSES = tuple(f"int_allocation_pass_{number}" for number in range(1, 9))
ALLOCATION = (
    "int_limit_usage",
    "int_message_prices",
    "int_campaign_spending",
    "int_offer_limits",
    "int_campaign_options",
    *PASSES,
    "int_campaign_grants",
    "int_draft_allocation",
)
PLAN = (
    "int_campaign_offers",
    "int_recipient_channels",
    "int_campaign_checks",
    "int_campaign_allocation",
    "int_campaign_decisions",
    "campaign_plan",
)
_SEEDS = ("plan_reasons", "frequency_caps", "message_channels", "channel_line_types", "rule_thresholds",
          "limits/message_limits", "limits/destination_limits", "limits/employee_limits", "campaigns/message_prices",
          "consents/consent_purposes")  # fmt: skip
_PROJECT = PROJECT_ROOT / "dbt_project"
_PEOPLE = "(select 'c_' || md5(n::text)[:16] as customer_id, n from range({customers}) as r (n)) as people"
_CAMPAIGNS = "range({campaigns}) as campaigns (k)"
# What the models read, as SQL: nine of ten consented, a tenth is high value, every fiftieth shares a number.
_TABLES = {
    "int_campaigns": "select 'campaign_' || k as campaign_id, 1 as version, true as is_active,"
    " if(k % 6 = 1, {customers} * 0.004, null) as budget,"
    " if(k % 4 = 0, {customers} // 20, null)::int as daily_limit, null::int as offer_stock, 'campaign' as kind,"
    " 'monthly' as occurrence, 'everybody' as segment, 'marketing' as purpose, 10.0::double as holdout_percent,"
    " 90 - k as priority, true as is_approved, true as is_in_schedule, true as is_offer_valid,"
    " if(k % 5 = 0, 'onboarding', 'marketing') as cap_class from {campaigns_}",
    "int_campaign_channels": "select 'campaign_' || k as campaign_id, 1 as step, null::int as step_before,"
    " 0 as wait_days, 'text' as template, if(k % 2 = 0, 'sms', 'app_push') as channel,"
    " if(k % 2 = 0, 'crm_webhook', 'app_push_files') as destination, 1 as channel_position from {campaigns_}",
    "int_campaign_values": "select 'campaign_' || k as campaign_id, if(k % 5 = 0, 1 + k * 0.1, 1)::double"
    " as value_per_message from {campaigns_}",
    "int_campaign_candidates": "select 'campaign_' || k as campaign_id, customer_id, if(k % 2 = 0, 'sms', 'app_push')"
    " as channel, 1 as step, dense_rank() over (order by 'campaign_' || k)::int as offer_key,"
    " 'marketing' as consent_purpose, '2026-06' as occurrence, 'a' as variant, true as is_step_due"
    " from {people}, {campaigns_}",
    "int_campaign_recipients": "select customer_id, n % 97 = 0 as is_profiling_optout,"
    " if(n % 10 = 0, 'high', 'ordinary') as value_tier, '{{\"city\": \"上海\"}}' as fields,"
    " if(n % 30 = 0, 'city', if(n % 3 = 0, 'name', '')) as missing_fields,"
    " (hash(n) % 1000 / 10)::double as value_score from {people}",
    "int_campaign_missing_fields": "select 'campaign_' || k as campaign_id, 1 as step, if(k % 2 = 0, 'sms', 'app_push')"
    " as channel, 'a' as variant, 'city' as missing_fields from {campaigns_} where k % 2 = 0",
    "int_address_employees": "select '' as identifier_type, '' as identifier_token, '' as employee where false",
    "int_customer_addresses": "select customer_id, kind as identifier_type, kind || if(n % 50 = 1, n - 1, n)"
    " as identifier_token, '138****0001' as identifier_mask, if(kind = 'phone', 'mobile', null) as line_type"
    " from {people}, (select unnest(['phone', 'app_user_id']) as kind)",
    "int_campaign_shared_addresses": "select kind as identifier_type, kind || n as identifier_token, 2 as customers"
    " from {people}, (select unnest(['phone', 'app_user_id']) as kind) where n % 50 = 0",
    "customer_consents": "select customer_id, channel, 'marketing' as purpose, n % 10 < 9 as is_granted"
    " from {people}, (select unnest(['sms', 'app_push']) as channel)",
    "int_customer_suppressions": "select customer_id, 'sms' as channel, false as is_erased from {people}"
    " where n % 200 = 0",
    "int_suppressions": "select '' as identifier_type, '' as identifier_token, '' as channel where false",
    "int_deliveries": "select 'd' || n as delivery_id, 'campaign_' || n % {campaigns} as campaign_id,"
    " 1 as campaign_version, 1 as step, customer_id, 'sms' as channel, 'crm_webhook' as destination,"
    " '2026-05' as occurrence, '' as identifier_token, true as is_sent, true as takes_cap_slot,"
    " timestamp '2026-06-28' as planned_at, null::timestamp as accepted_at from {people} where n % 20 = 0",
    "int_delivery_events": "select '' as delivery_id, '' as event where false",
    "int_campaign_cap_usage": "select customer_id, 'marketing' as cap_class, 1 as messages from {people}"
    " where n % 20 = 0",
}


def make_project(folder: Path, customers: int, campaigns: int) -> None:
    """Write the project, and what its models read.

    Args:
        folder: of the benchmark.
        customers: all of them are candidates of every campaign.
        campaigns: each with one channel.
    """
    models, data = folder / "project" / "models", folder / "data"
    for made in (models, folder / "project" / "seeds", data, (folder / WAREHOUSE).parent):
        made.mkdir(parents=True)
    for name in (*ALLOCATION, *PLAN):
        (path,) = (_PROJECT / "models").rglob(f"{name}.sql")
        shutil.copy(path, models)
    for name in _SEEDS:
        shutil.copy(_PROJECT / "seeds" / f"{name}.csv", folder / "project" / "seeds")
    people, listed = _PEOPLE.format(customers=customers), _CAMPAIGNS.format(campaigns=campaigns)
    with duckdb.connect() as connection:
        for name, sql in _TABLES.items():
            query = sql.format(people=people, campaigns_=listed, customers=customers, campaigns=campaigns)
            connection.execute(f"copy ({query}) to '{data}/{name}.parquet' (format parquet)")
            view = f"{{{{ config(materialized='view') }}}} select * from '{data}/{name}.parquet'"
            (models / f"{name}.sql").write_text(view, encoding="utf-8")
    settings = yaml.safe_load((_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings |= {"macro-paths": [str(_PROJECT / "macros")], "models": {}, "on-run-start": "", "on-run-end": ""}
    settings["models"] = {"guanxi": {"+materialized": "table"}}
    settings["seeds"] = {"guanxi": {"+quote_columns": False, "+full_refresh": True}}
    (folder / "project" / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
