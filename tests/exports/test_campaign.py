"""Campaign files and templates: what is right works, what is wrong is named with file, line and field."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

import exports
from exports.definitions.campaign_files import campaign_folder, load_campaigns, templates
from exports.definitions.registration import register
from exports.destinations import discover, open_destination
from exports.policy.sms_rules import problem_everywhere, read_sms_rules
from stores.errors import UserError
from stores.operations import campaigns, engine, reading, writing
from stores.settings import PROJECT_ROOT, Settings
from tests.testing.project_copy import keep_one_campaign

OWN = Path(exports.__file__).parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of one campaign and the templates that Guanxi brings along."""
    for name in ("campaigns", "templates"):
        shutil.copytree(OWN / name, tmp_path / "exports" / name)
    keep_one_campaign(tmp_path / "exports" / "campaigns")
    for seed in (
        "dbt_project/seeds/message_channels.csv",
        "dbt_project/seeds/consents/consent_purposes.csv",
        "dbt_project/seeds/journeys/journey_events.csv",
    ):
        (tmp_path / seed).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT_ROOT / seed, tmp_path / seed)
    shutil.copytree(PROJECT_ROOT / "dbt_project/seeds/campaigns", tmp_path / "dbt_project/seeds/campaigns")
    return tmp_path / "exports" / "campaigns"


@pytest.fixture
def change(folder: Path) -> Callable[[str, str], None]:
    """Replace a text in the dormant recall campaign."""

    def replace(old: str, new: str) -> None:
        path = folder / "dormant_recall.yml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return replace


def test_the_campaigns_that_guanxi_brings_along_are_right_in_both_languages(
    settings: Settings, folder: Path, change: Callable[[str, str], None]
) -> None:
    brought = load_campaigns(campaign_folder(settings))
    campaigns_brought = [one.campaign_id for one in brought if one.kind == "campaign"]
    assert campaigns_brought == ["dormant_recall", "new_customer_welcome"]
    for campaign in brought:
        english = campaign.model_copy(update={"language": "en"})
        assert templates(campaign, campaign_folder(settings)) != templates(english, campaign_folder(settings))
    change("language: zh_CN", "language: en")
    assert [campaign.language for campaign in load_campaigns(folder)] == ["en"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "holdout_percent: 10",
            "holdout_percent: 120",
            r"dormant_recall\.yml:18: holdout_percent: must be 50 or less, not 120",
        ),
        (
            "channel: sms",
            "channel: fax",
            r":11: channel 1, channel: must be one of sms, email, wecom, app_push, not 'fax'",
        ),
        ("purpose: marketing", "purpose: profiling", r":15: purpose: must be one of marketing, not 'profiling'"),
        ("priority: 50", "prioritty: 50", r":20: prioritty: is not a field; the fields are campaign_id, segment"),
        ("  - channel: app_push", "  - chanel: app_push", r":13: channel 2, .*the fields are channel, destination"),
        ("segment: dormant_recall", "", r"segment: is missing"),
        (
            "occurrence: monthly",
            "occurrence: sometimes",
            r":21: .*'once', 'daily', 'weekly', 'monthly', 'quarterly', not 'sometimes'",
        ),
        ("is_active: true", "is_active: maybe", r":25: is_active: must be true or false"),
        ("version: 1\n", "version: one\n", r":4: version: must be a whole number"),
        ("channel: app_push", "channel: sms", r":10: channels: each channel may stand here once"),
        ("priority: 50", "version: 2", r":20: version stands here and in line 4"),
        ("step: 1", "step: [1", r"dormant_recall\.yml:\d+: not YAML"),
        ("campaign_id: dormant_recall", "campaign_id: other", r":3: campaign_id: must be the file's name"),
        ("  zh: 沉睡客户召回\n  en: Dormant customer recall\n", "  {}\n", r":5: name: needs zh or en, or both"),
        ("signature: 关系商城", "city: 关系商城", r"parameters: city is a field of the customer"),
        ("template: dormant_recall", "template: nothing", r"templates/nothing/sms/zh_CN\.liquid of [a-z_]+ is missing"),
    ],
)
def test_a_mistake_is_named_with_file_line_field_and_what_is_allowed(
    folder: Path, change: Callable[[str, str], None], old: str, new: str, message: str
) -> None:
    change(old, new)
    with pytest.raises(UserError, match=message):
        load_campaigns(folder)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("【{{ signature }}】{{ citty }}\n拒收请回复R", r"sms/zh_CN\.liquid:1: nothing is called 'citty'.*city"),
        ("【{{ signature }}】\n{{ city | shout }}拒收请回复R", r"zh_CN\.liquid:2: unknown filter 'shout'"),
        ("【{{ signature }}】{% if city %}拒收请回复R", r"zh_CN\.liquid: expected tag endif"),
        ("您好拒收请回复R", r"must begin with the sender's name"),
        ("【{{ signature }}】您好", r"must end with the opt-out words: 拒收请回复R"),
        ("【{{ signature }}】您好", r"\(CN\) must.*\(HK, MO, TW\) must.*\(SG\) must"),
        ("【{{ signature }}】{% if city %}{{ city }}拒收请回复R{% endif %}", r"opt-out words.*city=None"),
        (
            "【{{ signature }}】{% for i in (1..99999) %}{{ i }}{% endfor %}拒收请回复R",
            r"a range of more than 1000 steps",
        ),
    ],
)
def test_a_template_is_tried_before_anything_is_sent(folder: Path, template: str, message: str) -> None:
    path = folder.parent / "templates" / "dormant_recall" / "sms" / "zh_CN.liquid"
    path.write_text(template, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        load_campaigns(folder)


STEPS = """steps:
  - name: coupon
    template: dormant_recall
  - name: last_call
    template: last_call
    wait_days: 10
    channels:
      - channel: app_push
        destination: app_push_files
"""


@pytest.fixture
def in_steps(folder: Path, change: Callable[[str, str], None]) -> Callable[[str], None]:
    """Let the dormant recall campaign have steps, and a template for the second."""
    shutil.copytree(folder.parent / "templates" / "dormant_recall", folder.parent / "templates" / "last_call")
    change("step: 1\n", "")
    change("template: dormant_recall       # folder in exports/templates\n", "")
    return lambda steps: change("language: zh_CN", f"{steps}language: zh_CN")


@pytest.mark.parametrize("only", ["zh: 召回", "en: Recall"])
def test_a_name_in_one_language_is_the_name_in_both(
    folder: Path, change: Callable[[str, str], None], only: str
) -> None:
    change("  zh: 沉睡客户召回\n  en: Dormant customer recall\n", f"  {only}\n")
    row = load_campaigns(folder)[0].row()
    assert row["name_zh"] == row["name_en"] == only.partition(": ")[2]


def test_the_steps_of_a_file_become_rows_with_channels_of_their_own_or_those_of_the_campaign(
    folder: Path, in_steps: Callable[[str], None]
) -> None:
    in_steps(STEPS)
    (campaign,) = load_campaigns(folder)
    assert [(row["step"], row["name"], row["template"], row["wait_days"]) for row in campaign.step_rows()] == [
        (1, "coupon", "dormant_recall", 0),
        (2, "last_call", "last_call", 10),
    ]
    assert [(row["step"], row["channel"], row["position"]) for row in campaign.channel_rows()] == [
        (1, "sms", 1),
        (1, "app_push", 2),
        (2, "app_push", 1),
    ]
    found = templates(campaign, folder)
    assert {place: template.path.parts[-3] for place, template in found.items()} == {
        (1, "sms"): "dormant_recall",
        (1, "app_push"): "dormant_recall",
        (2, "app_push"): "last_call",
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("wait_days: 10", "wait_days: 0", r"dormant_recall\.yml:\d+: step 2, wait_days: must be 1 or more"),
        ("wait_days: 10", "wait_days: 30", r"yml:15: steps: they take 30 days, .* after 28 \(occurrence monthly\)"),
        ("name: last_call", "name: coupon", r"step 2, name: there is a step 'coupon' before"),
        ("template: dormant_recall", "wait_days: 3\n    template: dormant_recall", r"step 1, wait_days: the first"),
        ("template: last_call", "templat: last_call", r"step 2, templat: .*the fields are name, template, wait_days"),
        ("channel: app_push\n        dest", "channel: app_push\n        desk", r"the fields are channel, destination"),
        ("steps:\n", "template: last_call\nsteps:\n", r":15: template: is said by each of the `steps`; remove it here"),
        ("steps:\n", "step: 1\nsteps:\n", r":15: step: is said by each of the `steps`; remove it here"),
        (STEPS, "", r"template: is missing"),
        (STEPS, "steps: []\n", r"steps: must not be empty"),
        ("template: last_call", "template: nothing", r"templates/nothing/app_push/zh_CN\.liquid of [a-z_]+ is missing"),
    ],
)
def test_a_mistake_in_the_steps_is_named_with_file_line_and_field(
    folder: Path, in_steps: Callable[[str], None], old: str, new: str, message: str
) -> None:
    assert old in STEPS
    in_steps(STEPS.replace(old, new, 1))
    with pytest.raises(UserError, match=message):
        load_campaigns(folder)


def test_registering_writes_only_what_changed_and_retires_what_is_gone(settings: Settings, folder: Path) -> None:
    store = engine(settings)
    loaded = load_campaigns(folder)

    def kept() -> list[tuple[str, int, bool, object]]:
        c = campaigns.c
        columns = select(c.campaign_id, c.version, c.is_active, c.updated_at).order_by(c.campaign_id)
        with reading(store) as connection:
            return [tuple(row) for row in connection.execute(columns)]

    register(settings, loaded)
    first = kept()
    register(settings, loaded)
    assert kept() == first
    assert first[0][:3] == ("dormant_recall", 1, True)
    register(settings, [loaded[0].model_copy(update={"version": 2})])
    assert kept()[0][:3] == ("dormant_recall", 2, True)
    with writing(store) as connection:
        connection.execute(update(campaigns).values(campaign_id="gone"))
    register(settings, loaded)
    assert [row[:3] for row in kept()] == [("dormant_recall", 1, True), ("gone", 2, False)]


def test_a_campaign_must_name_a_destination_that_serves_its_channel(
    settings: Settings, folder: Path, change: Callable[[str, str], None]
) -> None:
    change("destination: crm_webhook", "destination: nobody")
    with pytest.raises(UserError, match=r"no destination 'nobody'. There are app_push_files, crm_webhook"):
        register(settings, load_campaigns(folder))
    change("destination: nobody", "destination: app_push_files")
    refused = r"app_push_files does not serve sms.* `clear_addresses = true` in \[destinations\.app_push_files\]"
    with pytest.raises(UserError, match=refused):
        register(settings, load_campaigns(folder))
    open_to_all = {"destinations": {"app_push_files": {"kind": "file_drop", "clear_addresses": True}}}
    register(settings.model_copy(update=open_to_all), load_campaigns(folder))


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"kind": "pigeon"}, r"kind must be one of file_drop, webhook, not 'pigeon'"),
        ({"kind": "webhook", "url": "http://crm.example.com/x"}, r"url: .*https"),
        ({"kind": "webhook", "url": "https://crm.example.com/x"}, r"secret is missing"),
        ({"kind": "webhook", "url": "https://crm.example.com/x", "secret": "whsec_="}, r"secret"),
        ({"kind": "webhook", "url": "https://crm.example.com/x", "batch_size": 5000}, r"batch_size"),
    ],
)
def test_a_wrong_destination_is_explained(settings: Settings, section: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        open_destination(settings.model_copy(update={"destinations": {"mine": section}}), "mine")


def test_the_demo_destinations_work_without_configuration(settings: Settings) -> None:
    bare = settings.model_copy(update={"destinations": {}})
    assert discover().keys() >= {"file_drop", "webhook"}
    assert open_destination(bare, "crm_webhook").kind == "webhook"
    assert open_destination(bare, "app_push_files").kind == "file_drop"


def test_a_text_that_suits_no_country_is_said_with_what_each_asks_for() -> None:
    rules = read_sms_rules(PROJECT_ROOT)
    assert "; another country is a row of the seed sms_rules" in (
        problem_everywhere(rules, "【店】少拒收请回复R") or ""
    )
    assert problem_everywhere(rules, "【小店】好的，退订回T") is None
    of_the_union = "a text message (AT, BE … SE) must end with the opt-out words: STOP"
    assert (problem_everywhere(rules, "いらっしゃいませ") or "").split("; ").count(of_the_union) == 1
