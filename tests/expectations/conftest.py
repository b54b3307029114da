"""A lake and a warehouse small enough to read, in the layout that ingestion and dbt make."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from stores.settings import Settings
from tests.testing.vault_values import write_vault

TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass
class Lake:
    """Writes what a load of a channel leaves behind."""

    folder: Path

    def table(self, channel: str, name: str, query: str, load_id: str = "1", completed: bool = True) -> None:
        """Add the rows of a query as one file of a load."""
        table = self.folder / f"raw_{channel}" / name
        table.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select *, '{load_id}' as _dlt_load_id from ({query}) as rows)"
                f" to '{table}/{load_id}.0.parquet' (format parquet)"
            )
        if completed:
            self.complete(channel, load_id)

    def complete(self, channel: str, load_id: str) -> None:
        """Mark a load as completed."""
        loads = self.folder / f"raw_{channel}" / "_dlt_loads"
        loads.mkdir(parents=True, exist_ok=True)
        row = {"load_id": load_id, "schema_name": channel, "status": 0, "inserted_at": "2026-06-30T10:00:00+00:00"}
        (loads / f"{channel}__{load_id}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")

    def ledger(
        self,
        channel: str = "surveys",
        source_file: str = "one.csv",
        physical: int = 100,
        loaded: int = 100,
        quarantined: int = 0,
        load_id: str = "1",
        ingested_at: str = "2026-06-30 10:00:00",
    ) -> None:
        """Add a file to a channel's ledger."""
        self.table(
            channel,
            "file_ledger",
            f"select 'responses' as target, '{source_file}' as source_file, 'id-{source_file}-{load_id}' as file_id,"
            f" {physical}::bigint as physical_rows, {loaded}::bigint as loaded_rows,"
            f" {quarantined}::bigint as quarantined_rows, timestamp '{ingested_at}' as ingested_at",
            load_id,
        )

    def responses(
        self,
        rows: int = 100,
        source_file: str = "one.csv",
        load_id: str = "1",
        token: str = f"'{TOKEN}'",
        mask: str = "'138****1234'",
    ) -> None:
        """Add survey responses with a phone column; `token` and `mask` are SQL over the line number `i`."""
        self.table(
            "surveys",
            "responses",
            f"select 'r' || i as response_id, {token} as phone_token, {mask} as phone_mask,"
            f" '{source_file}' as _source_file, 'id-{source_file}-{load_id}' as _file_id, i as _line"
            f" from range(1, {rows} + 1) as r(i)",
            load_id,
        )


@pytest.fixture
def lake(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """The lake of the installation, empty; now is an hour after its first load."""
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T11:00:00")
    return Lake(settings.lake)


@pytest.fixture
def warehouse(settings: Settings) -> Callable[..., None]:
    """Run SQL in a warehouse of 200 customers, each with one order, and a plan for 40 of them."""

    def change(*statements: str) -> None:
        settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(settings.warehouse_path)) as connection:
            for statement in statements:
                connection.execute(statement)

    change(*(statement for statement in WAREHOUSE.split(";") if statement.strip()))
    write_vault(settings, [(f"{TOKEN}c_{number}", "phone", "k1.AAAA") for number in range(1, 201)])
    return change


WAREHOUSE = f"""
create schema intermediate; create schema identity; create schema marts; create schema campaigns;
create schema segments; create schema staging;
create table identity.customer_map as
    select 'shop:' || i as source_profile_id, 'c_' || i as customer_id from range(1, 201) as r(i);
create table intermediate.int_profiles as
    select source_profile_id, false as is_test from identity.customer_map;
create table intermediate.int_orders as
    select 'shop:o' || i as order_id, 'shop:' || i as source_profile_id, true as is_paid,
        100.00::decimal(18, 2) as gross_amount, 90.00::decimal(18, 2) as net_amount,
        timestamp '2026-06-01 10:00:00' as ordered_at, timestamp '2026-06-01 10:05:00' as paid_at,
        timestamp '2026-06-02 10:05:00' as refunded_at
    from range(1, 201) as r(i);
create table intermediate.int_consents as
    select 'phone' as identifier_type, '{TOKEN}' || customer_id as identifier_token, 'sms' as channel,
        'marketing' as purpose, 'shop' as source, true as granted, timestamp '2026-01-01' as changed_at
    from identity.customer_map;
create table marts.customers as
    select customer_id, 'shop' as first_channel, '{TOKEN}' as name_token, '{TOKEN}' || customer_id as phone_token,
        null::text as email_token, null::text as app_user_id, null::text as wecom_external_userid,
        '上海' as city, '上海' as province, 1 as orders_count, 0 as returned_orders_count,
        90.00::decimal(18, 2) as net_revenue,
        timestamp '2026-01-01' as first_seen_at, date '2026-06-30' as as_of
    from identity.customer_map;
create table marts.customer_consents as
    select customer_id, 'sms' as channel, 'marketing' as purpose, true as is_granted from identity.customer_map;
create table marts.customer_channel_summary as
    select customer_id, 'shop' as channel, net_revenue from marts.customers;
create table marts.order_totals as
    select 'shop' as channel, 200 as customer_sales, 18000.00::decimal(18, 2) as customer_revenue,
        0 as unlisted_sales, 1 as largest_buyer_sales;
create table marts.daily_channel_metrics as
    select 'shop' as channel, null::text as store_name, 100 as orders, 9000.00::decimal(18, 2) as net_revenue,
        metric_date
    from (values (date '2026-04-01'), (date '2026-06-01')) as days (metric_date);
create table intermediate.int_order_currencies as
    select 'shop' as channel, 'CNY' as reporting_currency, true as is_settled;
create table marts.held_rows as
    select 'shop' as channel, 'orders' as concept, 'unknown_status' as reason, 'on hold' as value, 6 as held_rows,
        6 as channel_held_rows, 0.06::double as channel_held_share
    where false;
create table marts.customer_identifiers as
    select customer_id, 'phone' as identifier_type, phone_token as identifier_value from marts.customers;
create table marts.customer_profiles as
    select source_profile_id, customer_id from identity.customer_map;
create table marts.identity_review as
    select 'shared_value' as kind, 'phone' as identifier_type, 'nobody' as identifier_value, 'too_many_people' as reason
    where false;
create table marts.identity_spread as
    select measure, value, bound, value <= bound as is_within, 'c_1 (2), c_2 (2)' as largest_customers
    from (values ('merged_share', 0.4, 0.85), ('probable_share', 0.05, 0.25), ('largest_customer', 9, 100),
        ('large_share', 0, 0.02)) as rows (measure, value, bound);
create table marts.customer_lifecycle as
    select customer_id, if(row_number() over (order by customer_id) % 2 = 0, 'active', 'dormant') as stage, as_of
    from marts.customers;
create table marts.tag_coverage as
    select 'tag_' || i as tag, null::text as value, 'held' as state, 20 as customers, 0.1::double as customer_share,
        date '2026-06-30' as as_of
    from range(100) as tags (i);
create table marts.tag_drift as
    select tag, value, false as is_drifting from marts.tag_coverage;
create table marts.customer_rfm as
    select customer_id, 3 as r_score, 3 as f_score, 3 as m_score, 29 as recency_days, 1 as frequency
    from marts.customers;
create table intermediate.int_customer_purchase_days as
    select customer_id, date '2026-06-01' as purchase_day from marts.customers;
create table marts.customer_lifetime as
    select customer_id, 'mbg_nbd' as model, 0.9::double as expected_purchases_90d, as_of from marts.customers;
create table marts.lifetime_models as
    select version as model_version, 'mbg_nbd' as model, 90 as decided_by_days, version = 'm2' as is_current, fitted_on
    from (values ('m1', date '2026-06-20'), ('m2', date '2026-06-27')) as rows (version, fitted_on);
create table marts.lifetime_figures as
    select version as model_version, 90 as horizon_days, 'mbg_nbd' as model, 'auc' as figure, 0.7::double as value,
        0.65::double as low, 0.75::double as high
    from (values ('m1'), ('m2')) as rows (version);
create table campaigns.campaign_plan as
    select 'recall' as campaign_id, customer_id, 'sms' as channel, 1 as step, '2026-06-30' as occurrence,
        case when i <= 40 then 'send' else 'hold' end as decision,
        case when i <= 40 then null when i <= 44 then 'holdout' else 'no_consent' end as reason,
        'phone' as identifier_type, '{TOKEN}' || customer_id as identifier_token,
        '138****0001' as identifier_mask, 'marketing' as consent_purpose,
        i between 41 and 44 as is_holdout, date '2026-06-30' as as_of
    from (select customer_id, row_number() over (order by customer_id) as i from marts.customers) as numbered;
"""
