"""A message channel is a row of the seed: consents, checks and plan take it up, as the ninth of a campaign too."""

from pathlib import Path

from tests.testing.dbt.allocation_worlds import PASSES
from tests.testing.dbt.compiled_models import CompiledModels

MODELS = (
    "int_customer_addresses", "customer_consents", "int_campaigns", "int_campaign_channels", "int_campaign_variants",
    "int_campaign_audience", "int_campaign_members",
    "int_campaign_offers", "int_campaign_candidates", "int_campaign_shared_addresses", "int_recipient_channels",
    "int_campaign_checks", "int_limit_usage",
    "int_message_prices", "int_campaign_spending", "int_campaign_values", "int_offer_limits",
    "int_campaign_options", *PASSES,
    "int_campaign_grants", "int_draft_allocation", "int_campaign_allocation",
    "int_campaign_decisions", "campaign_plan",
)  # fmt: skip
WORLD = """
    insert into seeds.message_channels values ('whatsapp', 'phone', false, false, 'plain', 'WhatsApp', 'WhatsApp');
    insert into seeds.channel_line_types values ('whatsapp', 'mobile');
    insert into seeds.message_channels
    select 'channel_' || n, 'phone', false, false, 'plain', 'n', 'n' from range(8) as r (n);
    create table intermediate.int_customer_field_sources as
    select customer_id, 'message_phone' as field, 'shop:' || customer_id as source_profile_id, 'shop' as channel
    from (values ('said_yes'), ('said_no'), ('never_asked'), ('landline')) as people (customer_id);
    create table intermediate.int_profiles as
    select source_profile_id, 'token of ' || customer_id as message_phone_token,
        '138****0001' as message_phone_mask,
        if(customer_id = 'landline', 'landline', 'mobile') as message_phone_line_type,
        null::text as phone_token, null::text as phone_mask, null::text as phone_line_type,
        null::text as email_token, null::text as email_mask,
        null::text as wecom_external_userid, null::text as app_user_id
    from intermediate.int_customer_field_sources;
    create table intermediate.int_customer_profile_ranks as
    select customer_id, source_profile_id, 1 as seniority from intermediate.int_customer_field_sources;
    create table intermediate.int_customer_identifiers as
    select customer_id, source_profile_id, 'phone' as identifier_type, 'token of ' || customer_id as identifier_value,
        '138****0001' as identifier_mask
    from intermediate.int_customer_field_sources;
    create table intermediate.int_consents as
    select 'phone' as identifier_type, 'token of ' || customer_id as identifier_token, 'whatsapp' as channel,
        'marketing' as purpose, 'shop' as source, customer_id <> 'said_no' as granted,
        timestamp '2026-01-01' as changed_at
    from intermediate.int_customer_field_sources where customer_id <> 'never_asked';
    create table intermediate.int_campaign_recipients as
    select customer_id, false as is_profiling_optout, 'ordinary' as value_tier, '{}' as fields, '' as missing_fields,
        50.0 as value_score
    from intermediate.int_customer_field_sources;
    create table intermediate.int_address_employees as
    select 'wecom_external_userid' as identifier_type, 'w' as identifier_token, 'staff' as employee where false;
    create table intermediate.int_campaign_missing_fields as
    select '' as campaign_id, 1 as step, '' as channel, '' as variant, '' as missing_fields where false;
    create table segments.segment_members as
    select 'high_value' as segment, customer_id from intermediate.int_customer_field_sources;
    create table staging.stg_operations__campaigns as
    select 'hello' as campaign_id, 'campaign' as kind, 1 as version, '' as name_zh, '' as name_en,
        'high_value' as segment,
        'marketing' as purpose, 0.0::double as holdout_percent, 'marketing' as cap_class, 1 as priority,
        'once' as occurrence, 'purchase' as goal, 14 as goal_window_days, true as is_active, 'approved' as status,
        null::text as owner, null::double as expected_value, null::double as budget, null::int as daily_limit,
        null::double as total_budget, null::double as offer_cost,
        null::int as offer_stock, null::date as starts_on, null::date as ends_on, null::text as weekdays,
        null::date as offer_ends_on,
        timestamp '2026-01-01' as updated_at;
    create table staging.stg_operations__campaign_audience as
    select 'hello' as campaign_id, 1 as version, 'include' as side, 'segment' as kind, 'high_value' as name,
        true as is_active;
    create table intermediate.int_tags as select null::text as tag where false;
    create table marts.customer_tags as
    select null::text as customer_id, null::text as tag, true as is_current where false;
    create table staging.stg_operations__campaign_steps as
    select 'hello' as campaign_id, 1 as version, 1 as step, 'hello' as template, 0 as wait_days, true as is_active;
    create table staging.stg_operations__campaign_channels as
    select 'hello' as campaign_id, 1 as version, 1 as step, 'channel_' || n as channel, n + 1 as position,
        'tool' as destination, true as is_active
    from range(8) as r (n)
    union all select 'hello', 1, 1, 'whatsapp', 9, 'tool', true;
    create table staging.stg_operations__journey_steps as
    select null::text as journey_id, 0 as version, null::text as name, null::text as kind, 0 as message,
        true as is_active where false;
    create table intermediate.int_journey_runs as
    select null::text as run_id, null::text as journey_id, null::text as customer_id, 0 as version, null::text as step,
        false as is_live, null::timestamp as entered_at where false;
    create table staging.stg_operations__campaign_variants as
    select 'hello' as campaign_id, 1 as version, unnest(['a', 'b']) as variant, 1 as weight, true as is_active;
    create table intermediate.int_deliveries as
    select null::text as campaign_id, 0 as campaign_version, 0 as step, null::text as customer_id,
        null::text as occurrence, null::text as channel, null::text as identifier_token, false as is_sent,
        null::text as delivery_id, null::timestamp as planned_at, null::timestamp as accepted_at,
        false as takes_cap_slot, null::text as destination where false;
    create table intermediate.int_delivery_events as
    select null::text as delivery_id, null::text as event where false;
    create table intermediate.int_campaign_cap_usage as
    select null::text as customer_id, null::text as cap_class, 0 as messages where false;
    create table intermediate.int_customer_suppressions as
    select null::text as customer_id, null::text as channel, false as is_erased where false;
    create table intermediate.int_suppressions as
    select null::text as identifier_type, null::text as identifier_token, null::text as channel where false;
"""


def test_a_new_channel_goes_through_consents_checks_and_plan(tmp_path: Path) -> None:
    models = CompiledModels(tmp_path, select=MODELS)
    with models.database() as connection:
        connection.execute(WORLD)
        models.build(connection, *MODELS)
        consents = connection.execute(
            "select customer_id, reason from marts.customer_consents where channel = 'whatsapp' order by all"
        ).fetchall()
        assert consents == [
            ("landline", "granted"), ("never_asked", "never_asked"), ("said_no", "refused"), ("said_yes", "granted"),
        ]  # fmt: skip
        plan = connection.execute(
            "select customer_id, decision, reason, identifier_mask, variant in ('a', 'b')"
            " from campaigns.campaign_plan where channel = 'whatsapp' order by all"
        ).fetchall()
        assert plan == [
            ("landline", "refuse", "unsuitable_line", "138****0001", True),
            ("never_asked", "refuse", "no_consent", "138****0001", True),
            ("said_no", "refuse", "no_consent", "138****0001", True),
            ("said_yes", "send", None, "138****0001", True),
        ]
        ((variants, rows),) = connection.execute(
            "select max(variants), sum(rows) from (select count(distinct variant) as variants, count(*) as rows"
            " from campaigns.campaign_plan group by customer_id)"
        ).fetchall()
        assert (variants, rows) == (1, 4 * 9)
