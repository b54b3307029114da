"""Only an approved campaign goes out, in the form that was approved; whoever decides is on record."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from exports.definitions.approval import approvals, decide
from exports.definitions.campaign import Campaign
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.definitions.registration import register
from exports.delivery.deliver import deliver
from exports.delivery.report import DeliveryReport
from stores.errors import UserError
from stores.operations import audit_log, campaigns, deliveries, engine, reading
from stores.settings import PROJECT_ROOT, Settings
from tests.testing.project_copy import keep_one_campaign

SEGMENT = "dbt_project/models/marts/segments/segment_dormant_recall.sql"
TEMPLATE = "exports/templates/dormant_recall/sms/zh_CN.liquid"
CAMPAIGN = "exports/campaigns/dormant_recall.yml"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The installation of the other tests on a project whose files may be changed."""
    # Where a checkout lies says nothing about its models, whatever its folders are called.
    project = tmp_path / "segments" / "marts" / "project"
    for name in ("exports/campaigns", "exports/templates", "dbt_project/seeds", "dbt_project/models/marts/segments"):
        shutil.copytree(PROJECT_ROOT / name, project / name)
    keep_one_campaign(project / "exports" / "campaigns")
    return settings.model_copy(update={"project_root": project})


def state(settings: Settings) -> str:
    found = approvals(settings, load_campaigns(campaign_folder(settings)))
    return found["dormant_recall"].state


def test_a_new_campaign_is_a_draft_and_nothing_of_it_is_sent(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)], is_approved=False)
    assert state(settings) == "draft"
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, {"campaign_draft": 1}, [])


@pytest.mark.parametrize("changed", [CAMPAIGN, TEMPLATE, SEGMENT])
def test_a_change_of_anything_that_makes_up_a_campaign_stops_it_until_it_is_approved_again(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    changed: str,
) -> None:  # fmt: skip
    publish_plan([row(1)])
    path = settings.project_root / changed
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("\n", "  \n", 1), encoding="utf-8")
    (campaign,) = load_campaigns(campaign_folder(settings))
    found = approvals(settings, [campaign])["dormant_recall"]
    assert (found.state, found.changed_files) == ("changed", (changed,))
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, {"campaign_changed_since_approval": 1}, [])
    decide(settings, campaign, "approved", "Lin")
    assert deliver(settings, now).sent == 1


def test_a_change_of_what_the_segments_sql_takes_in_stops_it_too(settings: Settings) -> None:
    dbt = settings.project_root / "dbt_project"
    files = {
        "macros/rules/audience.sql": "{% macro quiet_days() %}{{ days('x') }} < {{ var('far') }}{% endmacro %}\n"
        "{% macro other() %}1{% endmacro %}",
        "macros/rules/days.sql": "{%- macro days(x) -%} {{ adapter.dispatch('days_in', 'guanxi')(x) }} {% endmacro %}",
        "macros/dialect/days.sql": (
            "{% macro default__days_in(x) -%} (select value from {{ ref('audience_days') }}) {%- endmacro %}\n"
            "{% macro spark__days_in(x) -%} (select value from {{ ref('audience_days') }} limit 1) {%- endmacro %}"
        ),
        "seeds/audience_days.csv": "rule,value\nx,90\n",
        "models/intermediate/int_helper.sql": "select 1 as customer_id",
        "models/marts/segments/segment_base.sql": "select customer_id from {{ ref('int_helper') }}",
        "models/marts/customers/customers.sql": "select 1",
        "dbt_project.yml": "vars: {far: 5, near: 1}",
        "models/marts/segments/segment_dormant_recall.sql": (
            "select customer_id from {{ ref('segment_base') }} join {{ ref('customers') }} using (customer_id)"
            " where {{ quiet_days() }}"
        ),
    }
    for name, text in files.items():
        (dbt / name).parent.mkdir(parents=True, exist_ok=True)
        (dbt / name).write_text(text, encoding="utf-8")
    (campaign,) = load_campaigns(campaign_folder(settings))
    decide(settings, campaign, "approved", "Lin")
    changes = {
        "macros/rules/audience.sql": ("<", "<="), "macros/rules/days.sql": ("(x)", "(x, 1)"),
        "macros/dialect/days.sql": ("value", "max(value)"),
        "seeds/audience_days.csv": ("90", "9"), "models/intermediate/int_helper.sql": ("1", "2"),
        "models/marts/segments/segment_base.sql": ("select", "select distinct"), "dbt_project.yml": ("5", "6"),
    }  # fmt: skip
    for name, (before, after) in changes.items():
        (dbt / name).write_text(files[name].replace(before, after, 1), encoding="utf-8")
        assert state(settings) == "changed", name
        (dbt / name).write_text(files[name], encoding="utf-8")
        assert state(settings) == "approved", name
    # What the segment does not take in, and the customers as the platform knows them, change without it.
    (dbt / "macros/rules/audience.sql").write_text(files["macros/rules/audience.sql"].replace("}1{", "}2{"), "utf-8")
    (dbt / "models/marts/customers/customers.sql").write_text("select 2", encoding="utf-8")
    (dbt / "dbt_project.yml").write_text("vars: {far: 5, near: 2}", encoding="utf-8")
    assert state(settings) == "approved"


def test_a_segment_whose_sources_cannot_be_told_from_its_text_is_not_approved(settings: Settings) -> None:
    path = settings.project_root / "dbt_project/models/marts/segments/segment_dormant_recall.sql"
    path.write_text("{% set found = 'customers' %}\nselect customer_id from {{ ref(found) }}", encoding="utf-8")
    (campaign,) = load_campaigns(campaign_folder(settings))
    with pytest.raises(UserError, match=r"segment_dormant_recall\.sql: the model of \(found\).*in quotes, is missing"):
        decide(settings, campaign, "approved", "Lin")
    assert decide(settings, campaign, "paused", "Lin").state == "paused"


def test_taking_a_change_back_is_the_approved_form_again(settings: Settings, publish_plan: Callable[..., Any]) -> None:
    (campaign,) = load_campaigns(campaign_folder(settings))
    decide(settings, campaign, "approved", "Lin")
    path = settings.project_root / SEGMENT
    before = path.read_bytes()
    path.unlink()
    assert state(settings) == "changed"
    with pytest.raises(UserError, match=r"segment_dormant_recall\.sql is missing"):
        decide(settings, campaign, "approved", "Lin")
    path.write_bytes(before)
    assert state(settings) == "approved"


def test_a_paused_campaign_stops_at_once_whatever_its_files_say(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)])
    (campaign,) = load_campaigns(campaign_folder(settings))
    decide(settings, campaign, "paused", "Lin", "the offer is sold out")
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, {"campaign_paused": 1}, [])


def delivered_and_paused(settings: Settings, tool: Any, campaign: Campaign, now: datetime) -> DeliveryReport:
    """Deliver over one connection; the campaign is paused while the tool takes the first batch."""

    def pause(ids: list[str]) -> Any:
        if len(tool.requests) == 1:
            decide(settings, campaign, "paused", "Lin")
        return 200, {}, None

    tool.rule = pause
    webhook = settings.destinations["crm_webhook"] | {"concurrency": 1}
    return deliver(settings.model_copy(update={"destinations": {"crm_webhook": webhook}}), now)


def test_pausing_stops_a_delivery_that_is_under_way(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(number) for number in range(60)])
    (campaign,) = load_campaigns(campaign_folder(settings))

    report = delivered_and_paused(settings, tool, campaign, now)
    # The batch that the tool was taking, and at most the two that were on their way behind it.
    assert report.sent <= 15
    assert report.sent + report.retry == 60
    assert deliver(settings, now).held == {"campaign_paused": report.retry}
    assert tool.taken.total() == report.sent


def test_pausing_one_campaign_in_the_middle_of_a_delivery_leaves_the_others_their_way(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    folder = campaign_folder(settings)
    written = (folder / "dormant_recall.yml").read_text("utf-8")
    (folder / "other.yml").write_text(written.replace("campaign_id: dormant_recall", "campaign_id: other"), "utf-8")
    plan = [row(number, campaign_id=("dormant_recall", "other")[number % 2]) for number in range(60)]
    publish_plan(plan)
    (campaign,) = [one for one in load_campaigns(folder) if one.campaign_id == "other"]

    report = delivered_and_paused(settings, tool, campaign, now)
    d = deliveries.c
    with reading(engine(settings)) as connection:
        sent = select(d.campaign_id, func.count()).where(d.state == "accepted").group_by(d.campaign_id)
        by_campaign = {found[0]: found[1] for found in connection.execute(sent)}
    assert by_campaign["dormant_recall"] == 30
    assert by_campaign["other"] <= 15
    assert report.sent + report.retry == 60
    assert set(tool.taken.values()) == {1}


def test_messages_in_doubt_are_not_tried_again_while_their_campaign_is_paused(
    settings: Settings, tool: Any, faults: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(number) for number in range(5)])
    (campaign,) = load_campaigns(campaign_folder(settings))
    tool.faults = [faults.dropping(takes_first=False)]
    assert deliver(settings, now).unknown == 5
    decide(settings, campaign, "paused", "Lin")
    asked = len(tool.requests)
    assert (deliver(settings, now).unknown, len(tool.requests)) == (5, asked)
    decide(settings, campaign, "approved", "Lin")
    assert deliver(settings, now).sent == 5
    assert set(tool.taken.values()) == {1}


def test_every_decision_is_in_the_audit_log_with_its_name_and_nobody_decides_without_one(settings: Settings) -> None:
    (campaign,) = load_campaigns(campaign_folder(settings))
    with pytest.raises(UserError, match="--by"):
        decide(settings, campaign, "approved", "  ")
    approved = decide(settings, campaign, "approved", "Lin")
    decide(settings, campaign, "paused", "Wang", "sold out")
    with reading(engine(settings)) as connection:
        kept = connection.execute(select(audit_log.c.actor, audit_log.c.action, audit_log.c.detail)).all()
    assert kept == [
        ("Lin", "approved", approved.digest),
        ("Wang", "paused", f"{approved.digest}: sold out"),
    ]


def test_the_models_hear_where_a_campaign_stands(settings: Settings) -> None:
    loaded = load_campaigns(campaign_folder(settings))

    def status() -> str:
        with reading(engine(settings)) as connection:
            return str(connection.execute(select(campaigns.c.status)).scalar_one())

    register(settings, loaded)
    assert status() == "draft"
    decide(settings, loaded[0], "approved", "Lin")
    register(settings, loaded)
    assert status() == "approved"
