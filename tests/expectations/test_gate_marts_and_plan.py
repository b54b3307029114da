"""The gates before publication and before sending: bad rows are named and kept."""

from pathlib import Path

from expectations.gate import outcome, run_gate
from stores.settings import Gates, Settings
from stores.warehouse import publish
from tests.testing.findings import AS_OF, kept, not_met

# What goes wrong, the check that says so, and the key that it names; all at once, each with a customer of its own.
BAD_MARTS = [
    ("update marts.customer_rfm set r_score = 0 where customer_id = 'c_1'", "customer_rfm.r_score_in_range", "c_1"),
    ("update marts.customer_rfm set f_score = null where customer_id = 'c_2'", "customer_rfm.f_score_in_range", "c_2"),
    (
        "update marts.customer_rfm set recency_days = -1 where customer_id = 'c_3'",
        "customer_rfm.recency_not_negative",
        "c_3",
    ),
    (
        "update marts.customer_rfm set frequency = 2 where customer_id = 'c_4'",
        "customer_rfm.frequency_within_orders",
        "c_4",
    ),
    (
        "update intermediate.int_orders set net_amount = 80 where source_profile_id = 'shop:5'",
        "revenue.equals_orders",
        "c_5",
    ),
    (
        "update marts.customer_channel_summary set net_revenue = 89.5 where customer_id = 'c_6'",
        "revenue.equals_channels",
        "c_6",
    ),
    (
        "delete from marts.customer_lifecycle where customer_id = 'c_7'",
        "customer_count.all_have_a_stage",
        "customers",
    ),
    (
        "update marts.customers set first_channel = null where customer_id < 'c_2'",
        "customers.first_channel_known",
        "c_1",
    ),
]


def test_bad_marts_fail_and_name_the_rows(settings: Settings, warehouse) -> None:
    warehouse(*(statement for statement, _, _ in BAD_MARTS))
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == "failed"
    bad = not_met(results)
    expected = {check: key for _, check, key in BAD_MARTS} | {"order_totals.revenue_is_in_customers": "shop"}
    assert {check: kept(result)[0][0] for check, result in bad.items()} == expected


def test_a_shrunken_customer_base_fails_against_the_last_publication_only_for_the_same_or_a_later_day(
    settings: Settings, warehouse
) -> None:
    publish(settings, "r1", AS_OF, None)
    for table in ("customers", "customer_channel_summary", "customer_lifecycle", "customer_rfm"):
        warehouse(f"delete from marts.{table} where right(customer_id, 1) in ('1', '2', '3')")
    warehouse("update marts.order_totals set customer_sales = 140, customer_revenue = 12600")
    bad = not_met(run_gate(settings, "marts", "r2"))
    assert list(bad) == ["customer_count.not_shrinking"]
    assert kept(bad["customer_count.not_shrinking"])[0][:3] == ("customers", 140, 200)
    warehouse("update marts.customers set as_of = date '2026-05-31'")
    assert "customer_count.not_shrinking" not in not_met(run_gate(settings, "marts", "r3"))


def test_customers_who_lost_their_phone_stop_the_publication_and_the_field_is_named(
    settings: Settings, warehouse
) -> None:
    warehouse("update marts.customers set phone_token = 'p' || customer_id, name_token = 'n', email_token = null")
    assert "customer_contacts.are_kept" not in not_met(run_gate(settings, "marts", "r1"))
    publish(settings, "r1", AS_OF, None)
    warehouse("update marts.customers set phone_token = null where right(customer_id, 1) in ('1', '2', '3')")
    results = run_gate(settings, "marts", "r2")
    assert outcome(results) == "failed"
    assert kept(not_met(results)["customer_contacts.are_kept"])[0][:3] == ("phone", 200, 60)
    warehouse("update marts.customers set phone_token = 'p' where right(customer_id, 1) in ('1', '2')")
    assert "customer_contacts.are_kept" not in not_met(run_gate(settings, "marts", "r3")), "a few lose theirs always"
    warehouse("update marts.customers set phone_token = null, as_of = date '2026-05-31'")
    assert "customer_contacts.are_kept" not in not_met(run_gate(settings, "marts", "r4")), "an earlier day"


def test_a_past_that_changes_stops_the_publication_and_recent_days_may(settings: Settings, warehouse) -> None:
    assert "past_revenue.is_kept" not in not_met(run_gate(settings, "marts", "r1")), "nothing to compare with"
    publish(settings, "r1", AS_OF, None)
    warehouse("update marts.daily_channel_metrics set net_revenue = 20000 where metric_date = date '2026-06-01'")
    warehouse("insert into marts.daily_channel_metrics select 'pos', 'a', 100, 5000, date '2026-04-01'")
    assert "past_revenue.is_kept" not in not_met(run_gate(settings, "marts", "r2")), "days not settled; a new channel"
    warehouse("update marts.daily_channel_metrics set metric_date = date '2026-04-02' where channel = 'shop'")
    results = run_gate(settings, "marts", "r3")
    assert outcome(results) == "failed"
    assert kept(not_met(results)["past_revenue.is_kept"])[0][:3] == ("shop", 9000, 38000)
    warehouse("delete from marts.daily_channel_metrics where channel = 'shop'")
    assert "past_revenue.is_kept" in not_met(run_gate(settings, "marts", "r4")), "a lost channel"
    warehouse("update marts.daily_channel_metrics set metric_date = date '2026-06-29'")
    assert "past_revenue.is_kept" in not_met(run_gate(settings, "marts", "r5")), "every day of the past is gone"
    warehouse("update marts.customers set as_of = date '2026-05-31'")
    assert "past_revenue.is_kept" not in not_met(run_gate(settings, "marts", "r6")), "an earlier day"


def test_days_that_leave_the_window_of_daily_figures_are_not_missed(settings: Settings, warehouse) -> None:
    publish(settings, "r1", AS_OF, None)
    warehouse(
        "update marts.customers set as_of = date '2026-07-10'",
        "delete from marts.daily_channel_metrics where metric_date = date '2026-04-01'",
    )
    assert "past_revenue.is_kept" not in not_met(run_gate(settings, "marts", "r2"))


def test_a_stage_mix_that_jumps_and_an_identifier_shared_by_many_warn(settings: Settings, warehouse) -> None:
    publish(settings, "r1", AS_OF, None)
    warehouse(
        "update marts.customer_lifecycle set stage = 'churned'",
        "update marts.customer_identifiers set identifier_value = 'shared' where customer_id < 'c_2'",
        "insert into marts.identity_review values ('shared_value', 'phone', 'shared', 'too_many_people')",
        # a link that waits for a steward keeps nobody apart who was together
        "insert into marts.identity_review select 'refused_edge', identifier_type, identifier_value, 'names_differ'"
        " from marts.customer_identifiers",
    )
    results = run_gate(settings, "marts", "r2")
    assert outcome(results) == "warned"
    assert set(not_met(results)) == {
        "customer_count.few_in_review",
        "customer_lifecycle.no_stage_holds_nearly_all",
        "customer_lifecycle.mix_is_steady",
    }


def test_too_much_merging_stops_the_first_publication_too_and_names_the_customers_and_how_to_go_on(
    settings: Settings, warehouse
) -> None:
    warehouse("update marts.identity_spread set value = 0.7 where measure = 'probable_share'")
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == "failed"
    [(name, result)] = not_met(results).items()
    assert name == "identity_spread.probable_share"
    assert "c_1 (2), c_2 (2)" in result.failing_rows[0]
    for way_on in ("guanxi explain customer", "guanxi identity separate", "seeds/identity/identity_bounds.csv"):
        assert way_on in result.description_en
        assert way_on in result.description_zh


def test_a_measure_of_merging_without_a_bound_stops_the_publication(settings: Settings, warehouse) -> None:
    warehouse("delete from marts.identity_spread where measure = 'largest_customer'")
    assert set(not_met(run_gate(settings, "marts", "r1"))) == {"identity_spread.largest_customer"}


def test_customer_ids_that_change_by_the_hundred_stop_the_publication_and_a_handful_does_not(
    settings: Settings, warehouse
) -> None:
    assert not {name for name in not_met(run_gate(settings, "marts", "r0")) if name.startswith("id_stability")}
    publish(settings, "r1", AS_OF, None)
    merged = "update marts.customer_profiles set customer_id = 'c_200' where customer_id < 'c_"
    warehouse(f"{merged}12'")
    assert outcome(run_gate(settings, "marts", "r2")) == "passed"
    warehouse(f"{merged}2'")
    bad = not_met(run_gate(settings, "marts", "r3"))
    assert set(bad) == {"id_stability.ids_live_on", "id_stability.profiles_stay"}
    assert kept(bad["id_stability.ids_live_on"])[0][:3] == ("customer ids", 111, 200)
    lenient = settings.model_copy(update={"gates": settings.gates.model_copy(update={"id_change_share": 0.2})})
    assert outcome(run_gate(lenient, "marts", "r4")) == "passed"
    # having fewer profiles is right for a day of before
    warehouse("update marts.customers set as_of = date '2026-05-31'")
    assert not {name for name in not_met(run_gate(settings, "marts", "r5")) if name.startswith("id_stability")}


# What goes wrong, with whom, and the check that says so.
BAD_PLANS = [
    ("update marts.customer_consents set is_granted = false where customer_id = 'c_100'", "c_100", "consent"),
    ("delete from marts.customer_consents where customer_id = 'c_101'", "c_101", "consent"),
    # the identifier's last answer was no
    ("update intermediate.int_consents set granted = false where identifier_token like '%c_102'", "c_102", "consent"),
    # an older no, but given to another source, which nobody has taken back
    (
        "insert into intermediate.int_consents select * replace ('pos' as source, false as granted,"
        " timestamp '2025-01-01' as changed_at) from intermediate.int_consents where identifier_token like '%c_103'",
        "c_103",
        "consent",
    ),
    ("update campaigns.campaign_plan set is_holdout = true where customer_id = 'c_104'", "c_104", "no_holdout"),
    ("update campaigns.campaign_plan set identifier_token = '' where customer_id = 'c_105'", "c_105", "identifier"),
    ("select 'and so it has no address'", "c_105", "addressed"),
    # an address that the vault does not have
    (
        "update campaigns.campaign_plan set identifier_token = identifier_token || 'x' where customer_id = 'c_106'",
        "c_106",
        "addressed",
    ),
    (
        "update campaigns.campaign_plan set reason = 'frequency_cap' where customer_id = 'c_107'",
        "c_107",
        "no_objection",
    ),
]


def test_a_bad_plan_fails_and_names_the_messages(settings: Settings, warehouse) -> None:
    warehouse(*(statement for statement, _, _ in BAD_PLANS))
    results = run_gate(settings, "plan", "r1")
    assert outcome(results) == "failed"
    expected: dict[str, list[str]] = {}
    for _, customer, check in BAD_PLANS:
        expected.setdefault(f"campaign_plan.{check}", []).append(customer)
    bad = not_met(results)
    assert {check: [row[1] for row in kept(result)] for check, result in bad.items()} == expected
    assert kept(bad["campaign_plan.consent"])[0][:4] == ("recall", "c_100", "sms", 1)


def test_two_customers_with_one_phone_who_get_the_same_message_warn(settings: Settings, warehouse) -> None:
    warehouse(
        "update campaigns.campaign_plan set identifier_token = replace(identifier_token, 'c_10', 'c_1')"
        " where customer_id in ('c_1', 'c_10') and decision = 'send'"
    )
    results = run_gate(settings, "plan", "r1")
    assert outcome(results) == "warned"
    assert [row[1] for row in kept(not_met(results)["campaign_plan.once_per_recipient"])] == ["c_1", "c_10"]


def test_a_campaign_to_everybody_fails(settings: Settings, warehouse) -> None:
    warehouse("update campaigns.campaign_plan set decision = 'send', reason = null, is_holdout = false")
    bad = not_met(run_gate(settings, "plan", "r1"))
    assert list(bad) == ["campaign_audience.not_everybody"]
    assert kept(bad["campaign_audience.not_everybody"]) == [("recall", 200, 200, 1.0)]
    generous = settings.model_copy(update={"gates": Gates(send_share=1.0)})
    assert outcome(run_gate(generous, "plan", "r2")) == "passed"


def test_an_audience_that_explodes_and_a_hold_out_that_is_not_as_configured_warn(settings: Settings, warehouse) -> None:
    warehouse("create table intermediate.int_campaigns as select 'recall' as campaign_id, 2.0 as holdout_percent")
    assert outcome(run_gate(settings, "plan", "r1")) == "passed"
    warehouse("update campaigns.campaign_plan set decision = 'hold' where customer_id <> 'c_1'")
    publish(settings, "r1", AS_OF, None)
    warehouse(
        "update campaigns.campaign_plan set decision = 'send', reason = null where customer_id < 'c_15'",
        "update campaigns.campaign_plan set is_holdout = customer_id > 'c_5'",
    )
    results = run_gate(settings, "plan", "r2")
    assert outcome(results) == "warned"
    assert set(not_met(results)) == {"campaign_audience.usual_size", "campaign_audience.holdout_as_configured"}


def test_the_hold_out_of_a_journey_is_counted_where_customers_enter(settings: Settings, warehouse) -> None:
    warehouse(
        "create table intermediate.int_campaigns as select 'recall' as campaign_id, 10.0 as holdout_percent",
        "update campaigns.campaign_plan set is_holdout = false",
        "create table campaigns.journey_runs as select customer_id, 'recall' as journey_id,"
        " case when customer_id like '%0' then 'held_out' else 'entered' end as cause from campaigns.campaign_plan",
    )
    assert "campaign_audience.holdout_as_configured" not in not_met(run_gate(settings, "plan", "r1"))
    warehouse("update campaigns.journey_runs set cause = 'entered'")
    assert "campaign_audience.holdout_as_configured" in not_met(run_gate(settings, "plan", "r2"))


def test_failing_rows_go_where_the_result_says(settings: Settings, warehouse, tmp_path: Path) -> None:
    warehouse("update marts.customer_rfm set r_score = 9")
    result = not_met(run_gate(settings, "marts", "a run"))["customer_rfm.r_score_in_range"]
    assert Path(result.failing_rows_path).parent == settings.gates_folder / "a_run"
    assert result.unexpected_count == 200
    assert len(kept(result)) == 200
    assert len(result.failing_rows) == 5


def test_many_tags_that_nobody_or_everybody_has_all_at_once_stop_the_publication_and_a_few_do_not(
    settings: Settings, warehouse
) -> None:
    publish(settings, "r1", AS_OF, None)
    warehouse(
        "insert into marts.customers select customers.* from marts.customers, range(9)"
    )  # shares of few say nothing
    emptied = (
        "update marts.tag_coverage set customers = 0, customer_share = 0, state = 'no_customer' where tag = 'tag_{}'"
    )
    warehouse(emptied.format(1), "update marts.tag_coverage set customer_share = 1 where tag = 'tag_2'")
    named = "tag_coverage.shares_are_plausible"
    assert named not in not_met(run_gate(settings, "marts", "r2")), "two of a hundred may"
    warehouse(emptied.format(3))
    assert kept(not_met(run_gate(settings, "marts", "r3"))[named])[0][:5] == ("tags", 100, 3, 2, "tag_1, tag_2, tag_3")
    warehouse("update marts.tag_coverage set as_of = date '2026-08-01'")
    assert named not in not_met(run_gate(settings, "marts", "r4")), "months apart"


def test_tags_that_drift_by_the_dozen_warn(settings: Settings, warehouse) -> None:
    warehouse("insert into marts.customers select customers.* from marts.customers, range(9)")
    warehouse("update marts.tag_drift set is_drifting = true where tag in ('tag_1', 'tag_2')")
    named = "tag_coverage.shares_are_steady"
    assert named not in not_met(run_gate(settings, "marts", "r1"))
    warehouse("update marts.tag_drift set is_drifting = true")
    assert named in not_met(run_gate(settings, "marts", "r2"))
