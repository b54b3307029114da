"""Journey files: what is right works, what is wrong is named with file, line, field and what is allowed."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

import exports
from exports.definitions.approval import approvals, decide
from exports.definitions.campaign_files import campaign_folder, load_campaigns, templates
from exports.definitions.definition_file import read_model
from exports.definitions.journeys.condition import ConditionNames, read_condition
from exports.definitions.journeys.journey import Journey
from exports.definitions.journeys.journey_files import JourneyCampaign, load_journeys
from exports.definitions.journeys.program import program
from exports.definitions.registration import register
from stores import operations
from stores.errors import UserError
from stores.operations import engine, reading
from stores.settings import PROJECT_ROOT, Settings

JOURNEY = """\
journey_id: care
version: 1
name: {en: Care}
entry: {segment: new_customers}
channels: [{channel: sms, destination: crm_webhook}]
steps:
  - send: hello
  - wait: {until: purchase, at_most: 2w}
    name: will_buy
    then: thanks
  - branch:
      - when: value_tier = 'high'
        steps:
          - task: call
      - else: true
  - send: thanks
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with the declarations that journeys refer to, and no journey yet."""
    for place in ("seeds", "models/marts/segments", "models/intermediate/metrics", "models/intermediate/journeys"):
        shutil.copytree(PROJECT_ROOT / "dbt_project" / place, tmp_path / "dbt_project" / place)
    (tmp_path / "exports" / "journeys").mkdir(parents=True)
    return tmp_path / "exports" / "journeys"


def test_the_journeys_that_guanxi_brings_along_are_right_in_both_languages(settings: Settings) -> None:
    place = campaign_folder(settings)
    brought = load_journeys(place.parent / "journeys")
    assert {"newcomer_nurture", "win_back_30_days", "after_sales_care"} <= {one.campaign_id for one in brought}
    for journey in brought:
        english = journey.model_copy(update={"language": "en"})
        assert templates(journey, place) != templates(english, place)
        assert all((journey.name.zh, journey.name.en, journey.journey.owner))


def test_steps_follow_one_another_and_after_a_way_of_a_branch_comes_what_follows_the_branch(folder: Path) -> None:
    (folder / "care.yml").write_text(JOURNEY, encoding="utf-8")
    (journey,) = load_journeys(folder)
    steps = {step.name: step for step in program(journey.journey)}
    assert [(name, step.then) for name, step in steps.items()] == [
        ("hello", "will_buy"), ("will_buy", "thanks"), ("branch_1", "thanks"), ("call", "thanks"), ("thanks", "exit"),
    ]  # fmt: skip
    assert (steps["hello"].otherwise, steps["will_buy"].otherwise) == ("exit", "branch_1")
    assert [arm.target for arm in steps["branch_1"].arms] == ["call", "thanks"]
    assert (steps["will_buy"].days, steps["thanks"].message) == (14, 2)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    then: thanks", "    then: thank", "care.yml:10: step 2, then: there is no step 'thank'; later ones"),
        ("    then: thanks", "    then: hello", "care.yml:10: step 2, then: 'hello' comes earlier"),
        ("at_most: 2w", "at_most: 14", "care.yml:8: step 2, wait.at_most: must be days or weeks, such as 7d or 2w"),
        (", at_most: 2w", "", "care.yml:8: step 2, wait: at_most is missing: nobody waits for an event for ever"),
        ("until: purchase", "until: buy", "step 2, wait.until: must be one of purchase, refund"),
        ("segment: new_customers", "segment: vip, event: refund", "entry: needs segment or event, and not both"),
        ("      - else: true\n", "", "step 3, branch: .*at least 2"),
        ("      - else: true", "      - when: orders_count > 1", "the last way of a branch, and no other, is else"),
        ("value_tier = 'high'", "valuetier = 'high'", "care.yml:12: .*no field of customers; did you mean value_tier?"),
        ("value_tier = 'high'", "value_tier = 3", "value_tier is compared with a text in quotes, and 3 is none"),
        ("  - send: thanks", "  - send: hello", "there is a step 'hello' before; names differ"),
        ("  - send: thanks", "  - sent: thanks", "sent: is not a field; the fields are name, send, wait"),
        ("journey_id: care", "journey_id: cared", "care.yml:1: journey_id: must be the file's name, 'care'"),
        ("channels: [{channel: sms, destination: crm_webhook}]\n", "", "step 1, channel.*: is missing, here or"),
        ("at_most: 2w", "at_most: 2w, per: entity", "wait.per: needs an entry by and a wait for one of"),
        ("version: 1", "version: 1\nholdout_percent: 70", "holdout_percent: must be 50 or less"),
        ("version: 1", "version: 3000000000", "version: must be 1000000 or less"),
        ("new_customers}", "new_customers, within: 5d}", "care.yml:4: entry: within belongs to event"),
        ("segment: new_customers", "event: refund, within: 121d", "entry.within: must be 120 days or less"),
        ("segment: new_customers", "event: refund, within: 999w", "entry.within: must be 730 days or less"),
        ("new_customers}", "new_customers, reentry: always}", r"entry.reentry: must be never, or .* not 'always'\.$"),
        ("new_customers}", "new_customers, reentry: 999w}", r"entry.reentry: must be 730 days or less, not '999w'\.$"),
        ("      - else: true", "      - else: false", "branch 2, else: must be true, not False"),
        ("name: {en: Care}", 'name: {en: "Ca\\e[31mre"}', "name.en: has a line break or another control character"),
        ("name: {en: Care}", 'name: {en: Care}\nowner: "a\\nb"', "owner: has a line break or another"),
        ("name: {en: Care}", f"name: {{en: {'x' * 100_000}}}", r"name.en: must have at most 200 .{1,300}$"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_field_and_what_is_allowed(
    folder: Path, old: str, new: str, told: str
) -> None:
    assert old in JOURNEY
    (folder / "care.yml").write_text(JOURNEY.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=told) as refused:
        load_journeys(folder)
    assert "\n" not in str(refused.value)


def test_a_step_of_a_name_that_was_there_is_the_only_mistake_that_is_told(folder: Path) -> None:
    (folder / "care.yml").write_text(JOURNEY.replace("  - send: thanks", "  - send: hello"), encoding="utf-8")
    with pytest.raises(UserError, match=r"there is a step 'hello' before; names differ\.$"):
        load_journeys(folder)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("journey_id: care\nsteps: &steps\n  - branch: *steps\n", "care.yml: nested too deeply"),
        ("journey_id: care\nsteps: " + "[" * 5000 + "]" * 5000, "care.yml: nested too deeply"),
        (
            "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 10)}]\n" for n in range(9)),
            "care.yml: more than 100,000 values",
        ),
    ],
)  # fmt: skip
def test_a_file_that_takes_itself_in_or_grows_by_its_references_is_refused(folder: Path, text: str, told: str) -> None:
    (folder / "care.yml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=told) as refused:
        load_journeys(folder)
    assert len(str(refused.value)) < 300


def test_a_missing_template_is_told_with_the_journey_that_names_it(tmp_path: Path) -> None:
    shutil.copytree(PROJECT_ROOT / "dbt_project", tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target"))
    shutil.copytree(Path(exports.__file__).parent, tmp_path / "exports", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "exports" / "journeys" / "care.yml").write_text(JOURNEY, encoding="utf-8")
    with pytest.raises(UserError, match=r"^The template .*hello/sms/zh_CN.liquid of care is missing"):
        load_campaigns(tmp_path / "exports" / "campaigns")


NAMES = ConditionNames({"tier": "word", "orders": "number", "has_app": "flag", "seen": "day"}, ["vip"], ["tea"])


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        (
            "tier = 'high' and (orders >= 2 or not has_app)",
            "facts.tier = 'high' and (facts.orders >= 2 or not facts.has_app)",
        ),
        ("days_since(seen) > 30", "facts.days_since__seen > 30"),
        ("tag('tea') or segment('vip')", "facts.tag__tea or facts.segment__vip"),
        ("tier in ('a', 'b''c')", "facts.tier in ('a', 'b''c')"),
        ("orders between -1 and 3", "facts.orders between -1 and 3"),
        ("tier is not null", "not facts.tier is null"),
    ],
)  # fmt: skip
def test_a_condition_becomes_sql_that_both_engines_read(text: str, sql: str) -> None:
    assert read_condition(text, NAMES).sql == sql


@pytest.mark.parametrize(
    "text",
    [
        "1 = 1", "tier", "orders = orders", "tier = null", "tier like 'a%'", "seen > 3", "tag('coffee')",
        "segment(tier)", "tier = (select 1)", "tier in (select tier from customers)", "read_csv('/etc/passwd') = 1",
        "tier = 'a'; drop table x", "tier = 'a\\' or 1 = 1 --'", "customers.tier = 'a'", "", "exists (select 1)",
        "orders + 1 > 2", "tier = 'a\\b'", "orders > 1e400", "orders > 1" + "0" * 40, "orders > 1e5",
        "(" * 490 + "orders > 1" + ")" * 490,
    ],
)  # fmt: skip
def test_nothing_but_the_small_language_is_a_condition(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as refused:
        read_condition(text, NAMES)
    assert "\n" not in str(refused.value)


def test_a_journey_is_registered_with_its_messages_as_a_campaign_and_keeps_its_earlier_versions(
    settings: Settings,
) -> None:
    place = campaign_folder(settings)
    own = next(one for one in load_campaigns(place) if one.campaign_id == "newcomer_nurture")
    assert isinstance(own, JourneyCampaign)
    register(settings, [own])
    newer = own.model_copy(update={"version": 2})
    register(settings, [newer])
    with reading(engine(settings)) as connection:
        steps = connection.execute(
            select(operations.journey_steps.c.version, operations.journey_steps.c.is_active).distinct()
        ).all()
        kinds = connection.execute(select(operations.campaigns.c.kind, operations.campaigns.c.version)).all()
    assert {tuple(row) for row in steps} == {(1, False), (2, True)}
    assert [tuple(row) for row in kinds] == [("journey", 2)]


def test_an_approval_binds_the_file_of_the_journey_its_templates_and_its_segments(settings: Settings) -> None:
    own = next(one for one in load_campaigns(campaign_folder(settings)) if one.campaign_id == "win_back_30_days")
    approval = decide(settings, own, "approved", "Lin Yue")
    assert approval.state == "approved"
    assert approvals(settings, [own])["win_back_30_days"].digest == approval.digest


def test_a_journey_and_a_campaign_of_one_name_are_refused(settings: Settings, tmp_path: Path) -> None:
    shutil.copytree(PROJECT_ROOT / "dbt_project", tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target"))
    shutil.copytree(Path(exports.__file__).parent, tmp_path / "exports", ignore=shutil.ignore_patterns("__pycache__"))
    text = (tmp_path / "exports" / "journeys" / "newcomer_nurture.yml").read_text(encoding="utf-8")
    (tmp_path / "exports" / "journeys" / "dormant_recall.yml").write_text(
        text.replace("journey_id: newcomer_nurture", "journey_id: dormant_recall"), encoding="utf-8"
    )
    with pytest.raises(UserError, match="there is a campaign of that name"):
        load_campaigns(tmp_path / "exports" / "campaigns")


def test_a_mistake_of_a_whole_section_does_not_repeat_the_section(tmp_path: Path) -> None:
    path = tmp_path / "care.yml"
    text = "journey_id: care\nversion: 1\nname: {en: Care}\nsteps: [{task: call}]\n"
    path.write_text(text + "entry: {segment: newcomers, unless_in: [care]}\n", encoding="utf-8")
    with pytest.raises(UserError) as refused:
        read_model(path, Journey, {})
    assert "unless_in names the journey itself; reentry says who may enter again." in str(refused.value)
    assert "{" not in str(refused.value)
