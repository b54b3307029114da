"""A message channel is a row of a seed and a folder of templates: nothing else has to know it."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from exports.definitions.campaign_files import campaign_folder, load_campaigns, templates
from exports.delivery.deliver import deliver
from stores.errors import UserError
from stores.message_channels import read_message_channels, read_message_purposes
from stores.settings import PROJECT_ROOT, Settings

SEEDS = "dbt_project/seeds"
CHANNELS_SEED = f"{SEEDS}/message_channels.csv"
PURPOSES_SEED = f"{SEEDS}/consents/consent_purposes.csv"
TEXT = "{{ city | default: '您好' }}，{{ offer }}等您来"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The installation of the other tests on a project whose files may be changed."""
    project = tmp_path / "project"
    for name in ("exports/campaigns", "exports/templates", SEEDS, "dbt_project/models/marts/segments"):
        shutil.copytree(PROJECT_ROOT / name, project / name)
    return settings.model_copy(update={"project_root": project})


@pytest.fixture
def whatsapp(settings: Settings) -> Settings:
    """A channel of its own: one row, the lines that it reaches, a template, and a campaign that uses it."""
    root = settings.project_root
    with (root / CHANNELS_SEED).open("a", encoding="utf-8") as seed:
        seed.write("whatsapp,phone,false,false,plain,WhatsApp,WhatsApp\n")
    with (root / SEEDS / "channel_line_types.csv").open("a", encoding="utf-8") as seed:
        seed.write("whatsapp,mobile\n")
    with (root / SEEDS / "campaigns" / "message_prices.csv").open("a", encoding="utf-8") as seed:
        seed.write("whatsapp,*,*,0.3,WhatsApp,WhatsApp\n")
    text = root / "exports" / "templates" / "dormant_recall" / "whatsapp" / "zh_CN.liquid"
    text.parent.mkdir()
    text.write_text(TEXT, encoding="utf-8")
    campaign = root / "exports" / "campaigns" / "dormant_recall.yml"
    before = campaign.read_text(encoding="utf-8")
    campaign.write_text(before.replace("  - channel: sms\n", "  - channel: whatsapp\n", 1), encoding="utf-8")
    return settings


def test_a_new_channel_is_written_to_with_its_own_template_and_without_the_rules_for_text_messages(
    whatsapp: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    midnight = now.replace(hour=23)
    publish_plan([row(1, channel="whatsapp", variant="a")])
    report = deliver(whatsapp, midnight)
    assert (report.sent, report.held) == (1, {})
    (bodies,) = tool.bodies.values()
    (message,) = json.loads(bodies[0])["messages"]
    assert message["content"] == {"text": "上海，满200减50等您来"}
    assert (message["channel"], message["variant"]) == ("whatsapp", "a")


def test_a_channel_without_a_template_or_a_row_is_refused(whatsapp: Settings) -> None:
    root = whatsapp.project_root
    shutil.rmtree(root / "exports" / "templates" / "dormant_recall" / "whatsapp")
    with pytest.raises(UserError, match=r"templates/dormant_recall/whatsapp/zh_CN\.liquid of [a-z_]+ is missing"):
        load_campaigns(campaign_folder(whatsapp))
    shutil.copy(PROJECT_ROOT / CHANNELS_SEED, root / CHANNELS_SEED)
    with pytest.raises(UserError, match=r"channel: must be one of sms, email, wecom, app_push, not 'whatsapp'"):
        load_campaigns(campaign_folder(whatsapp))


def test_a_seed_without_rows_is_said_to_be_empty(settings: Settings) -> None:
    seed = settings.project_root / CHANNELS_SEED
    seed.write_text(seed.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"channel: must be one of \(the seed has no rows\), not '\w+'"):
        load_campaigns(campaign_folder(settings))


def test_each_variant_is_tried_and_worded(settings: Settings) -> None:
    root = settings.project_root
    campaign = root / "exports" / "campaigns" / "dormant_recall.yml"
    before = campaign.read_text(encoding="utf-8")
    campaign.write_text(before + "variants:\n  - name: a\n  - name: b\n    weight: 3\n", encoding="utf-8")
    text = root / "exports" / "templates" / "dormant_recall" / "app_push" / "zh_CN.liquid"
    text.write_text("题目\n{% if variant == 'b' %}{{ offer }}{% else %}您好{% endif %}", encoding="utf-8")
    loaded = next(one for one in load_campaigns(campaign_folder(settings)) if one.campaign_id == campaign.stem)
    assert [(row["variant"], row["weight"]) for row in loaded.variant_rows()] == [("a", 1), ("b", 3)]
    push = templates(loaded, campaign_folder(settings))[1, "app_push"]
    assert push.samples() == {"a": "题目 / 您好", "b": "题目 / 满200减50"}
    text.write_text("题目\n{% if variant != 'b' %}您好{% endif %}", encoding="utf-8")
    with pytest.raises(UserError, match=r"below it there is no text.*variant=b"):
        load_campaigns(campaign_folder(settings))


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ("  - name: a\n  - name: a\n", r":\d+: variants: each name may stand here once"),
        ("  - name: a\n    weight: 0\n", r":\d+: variant 1, weight: must be 1 or more, not 0"),
        ("  - nam: a\n", r"variant 1, nam: is not a field; the fields are name, weight"),
        ("  - name: A B\n", r"variant 1, name: "),
    ],
)
def test_a_mistake_in_a_variant_is_named_with_file_line_and_field(
    settings: Settings, variants: str, message: str
) -> None:
    campaign = settings.project_root / "exports" / "campaigns" / "dormant_recall.yml"
    with campaign.open("a", encoding="utf-8") as file:
        file.write(f"variants:\n{variants}")
    with pytest.raises(UserError, match=r"dormant_recall\.yml:\d+: .*" + message.removeprefix(r":\d+: ")):
        load_campaigns(campaign_folder(settings))


@pytest.mark.parametrize(
    "line",
    [
        "fax,phone,maybe,false,plain,传真,Fax",
        "fax,,false,false,plain,传真,Fax",
        "fax,email,false,true,plain,传真,Fax",
        "fax,email,false,false,html,传真,Fax",
        "fax,phone,false,false,rich,传真,Fax",
        "fax,phone,false",
    ],
)
def test_a_channel_row_that_makes_no_sense_is_named_with_file_and_line(settings: Settings, line: str) -> None:
    root = settings.project_root
    with (root / CHANNELS_SEED).open("a", encoding="utf-8") as seed:
        seed.write(f"{line}\n")
    with pytest.raises(UserError, match=r"message_channels\.csv:6: a row needs channel, identifier_type, .*it has fax"):
        read_message_channels(root)


def test_without_the_seeds_nothing_is_sent(settings: Settings) -> None:
    root = settings.project_root
    assert read_message_purposes(root) == ("marketing",)
    for seed, read in ((CHANNELS_SEED, read_message_channels), (PURPOSES_SEED, read_message_purposes)):
        (root / seed).unlink()
        with pytest.raises(UserError, match=r"is missing in .* nothing is built or sent without it"):
            read(root)
