"""What leaves is what the text says of this customer: fields, names, blocks and links; or it waits and says why."""

import json
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from endpoints.message_links.noted_events import note
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.definitions.registration import check_links
from exports.delivery.deliver import deliver
from exports.policy.sms_size import sms_parts
from exports.preview.campaign_preview import planned_texts
from exports.receipts.collect import collect
from serving.published_copy import PublishedCopy
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.links.link_settings import Links
from stores.links.signed_links import CLICK, UNSUBSCRIBE, LinkSigner
from stores.operations import audit_log, deliveries, engine, reading, suppressions
from stores.settings import PROJECT_ROOT, Settings
from tests.testing.vault_values import seal_values

SMS = "【关系商城】{{ name | default: '老朋友' }}，{% if city %}{{ city }}的{% endif %}{{ offer }}，拒收请回复R"
EMAIL = (
    "【广告】{{ offer }}\n<p>{{ name }}</p><a href='https://shop.example/?a=1'>去看看</a>"
    "<a href='{{ unsubscribe_url }}'>退订</a>"
)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The installation of the other tests on a project whose files may be changed, and links of its own."""
    project = tmp_path / "project"
    parts = ("campaigns", "templates", "blocks")
    for name in (*(f"exports/{part}" for part in parts), "dbt_project/seeds", "dbt_project/models/marts/segments"):
        shutil.copytree(PROJECT_ROOT / name, project / name)
    links = Links(base_url="https://go.shop.example", hosts=["shop.example"])
    return settings.model_copy(update={"project_root": project, "links": links})


@pytest.fixture
def write(settings: Settings) -> Callable[..., None]:
    """Write the text of the campaign on a channel, and let the campaign use the channel."""

    def text(channel: str, text: str) -> None:
        folder = settings.project_root / "exports"
        path = folder / "templates" / "dormant_recall" / channel / "zh_CN.liquid"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        campaign = folder / "campaigns" / "dormant_recall.yml"
        said = campaign.read_text(encoding="utf-8")
        campaign.write_text(said.replace("  - channel: sms\n", f"  - channel: {channel}\n", 1), encoding="utf-8")

    return text


@pytest.fixture
def send(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> Callable[..., tuple[Any, list[dict[str, Any]]]]:
    """Plan messages with these fields, deliver them, and give the report and what the tool was sent, in their order."""

    def deliver_to(*fields: dict[str, Any], channel: str = "sms") -> tuple[Any, list[dict[str, Any]]]:
        changes: dict[str, Any] = {"channel": channel, "variant": "a"}
        if channel == "email":
            keyring = open_keyring(settings)
            seal_values(settings, keyring, "email", ["a@shop.example"])
            token = keyring.token("email", "a@shop.example")
            changes |= {"identifier_type": "email", "identifier_token": token, "identifier_mask": "a***@shop.example"}
        publish_plan([row(number, fields=json.dumps(some), **changes) for number, some in enumerate(fields, start=1)])
        report = deliver(settings, now)
        return report, sorted(sent(tool.bodies.values()), key=lambda message: message["to"])

    return deliver_to


def sent(bodies: Sequence[Sequence[bytes]]) -> list[dict[str, Any]]:
    return [message for one in bodies for message in json.loads(one[0])["messages"]]


def reference(settings: Settings, name: str) -> str:
    """What the plan has of a name: where the vault keeps it."""
    keyring = open_keyring(settings)
    seal_values(settings, keyring, "name", [name])
    return keyring.token("name", name)


def test_a_name_is_opened_when_the_message_is_made_and_stands_nowhere_before(
    settings: Settings, write: Callable[..., None], send: Callable[..., Any]
) -> None:
    write("sms", SMS)
    known = reference(settings, "欧阳建国")
    hostile = reference(settings, "<b>{{ offer }}</b>\n回复R")
    report, messages = send({"name": known, "city": "上海"}, {"name": hostile}, {"name": None}, {"name": "0" * 32})
    assert report.sent == 4
    assert [message["content"]["text"] for message in messages] == [
        "【关系商城】欧阳建国，上海的满200减50，拒收请回复R",
        "【关系商城】<b>{{ offer }}</b> 回复R，满200减50，拒收请回复R",
        "【关系商城】老朋友，满200减50，拒收请回复R",
        "【关系商城】老朋友，满200减50，拒收请回复R",
    ]
    with reading(engine(settings)) as connection:
        kept = "".join(map(str, connection.execute(select(deliveries)).all()))
        assert "欧阳" not in kept
        assert connection.execute(select(audit_log)).first() is not None, "each look is in the audit log"


def test_whoever_lacks_what_the_text_needs_is_left_out_with_the_reason_and_gets_it_once_it_is_known(
    settings: Settings, write: Callable[..., None], send: Callable[..., Any]
) -> None:
    write("sms", SMS.replace(" | default: '老朋友'", ""))
    known = reference(settings, "王明")
    report, messages = send({"name": known}, {"city": "上海"}, {"name": ""})
    assert (report.sent, report.held, report.refused) == (1, {"field_missing: name": 2}, {})
    assert [message["content"]["text"] for message in messages] == ["【关系商城】王明，满200减50，拒收请回复R"]
    report, messages = send({"name": known}, {"name": known, "city": "上海"}, {"name": ""})
    assert (report.sent, report.held) == (1, {"field_missing: name": 1})
    assert messages[-1]["content"]["text"] == "【关系商城】王明，上海的满200减50，拒收请回复R"


def test_an_email_has_links_that_only_this_installation_makes_and_names_where_one_unsubscribes(
    settings: Settings, write: Callable[..., None], send: Callable[..., Any], now: datetime
) -> None:
    write("email", EMAIL)
    report, messages = send({"name": reference(settings, "王 & 明")}, channel="email")
    assert report.sent == 1
    (message,) = messages
    content = message["content"]
    assert content["title"] == "【广告】满200减50"
    assert "<p>王 &amp; 明</p>" in content["html"]
    signer = LinkSigner(open_keyring(settings))
    clicked = content["html"].partition('href="https://go.shop.example/c/')[2].partition('"')[0]
    said = signer.read(clicked, CLICK, now)
    assert said.delivery_id == message["delivery_id"]
    assert said.target == (
        "https://shop.example/?a=1&utm_source=guanxi&utm_medium=email&utm_campaign=dormant_recall&utm_content=a"
    )
    unsubscribe = content["list_unsubscribe"].removeprefix("<https://go.shop.example/u/").removesuffix(">")
    assert signer.read(unsubscribe, UNSUBSCRIBE, now).delivery_id == message["delivery_id"]
    assert unsubscribe in content["html"]
    assert f"退订 (https://go.shop.example/u/{unsubscribe})" in content["text"]


@pytest.fixture
def planned_email(settings: Settings, write: Callable[..., None], row: Callable[..., Any]) -> dict[str, Any]:
    """A row of the plan: an e-mail that anybody may get."""
    write("email", EMAIL.replace("{{ name }}", "您好"))
    keyring = open_keyring(settings)
    seal_values(settings, keyring, "email", ["a@shop.example"])
    return row(
        1, channel="email", identifier_type="email", identifier_token=keyring.token("email", "a@shop.example")
    )  # fmt: skip


def test_without_an_address_for_links_an_email_waits(
    settings: Settings, planned_email: dict[str, Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([planned_email])
    report = deliver(settings.model_copy(update={"links": Links()}), now)
    assert report.held == {"links_not_set_up: base_url of [guanxi.links] is missing": 1}
    assert deliver(settings, now).sent == 1


def test_in_a_country_without_rules_an_email_waits(
    settings: Settings, planned_email: dict[str, Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    seed = settings.project_root / "dbt_project" / "seeds" / "campaigns" / "text_rules.csv"
    rows = seed.read_text(encoding="utf-8").splitlines(keepends=True)
    seed.write_text("".join(one for one in rows if not one.startswith("CN")), encoding="utf-8")
    publish_plan([planned_email])
    assert deliver(settings, now).held == {"no_text_rules_for_country: CN": 1}


def test_what_was_chosen_for_a_customer_is_kept_with_the_message(
    settings: Settings, write: Callable[..., None], send: Callable[..., Any]
) -> None:
    blocks = settings.project_root / "exports" / "blocks"
    blocks.mkdir(exist_ok=True)
    items = "items:\n  - name: high\n    when: {value_tier: high}\n    text: {zh: 专属礼}\n"
    (blocks / "gift.yml").write_text(f"name: {{zh: 礼物}}\n{items}fallback: {{zh: 小礼物}}\n", encoding="utf-8")
    write("sms", "【关系商城】送您{{ block.gift }}，拒收请回复R")
    report, messages = send({"value_tier": "high"}, {"value_tier": "ordinary"})
    assert report.sent == 2
    assert [(message["content"]["text"], message["content"]["blocks"]) for message in messages] == [
        ("【关系商城】送您专属礼，拒收请回复R", "gift=high"),
        ("【关系商城】送您小礼物，拒收请回复R", "gift=fallback"),
    ]


def test_a_text_that_is_too_long_for_a_real_customer_does_not_leave(
    settings: Settings, write: Callable[..., None], send: Callable[..., Any]
) -> None:
    write("sms", SMS.replace("{{ offer }}", "{{ offer }}" + "满" * 380))
    limits = settings.project_root / "dbt_project" / "seeds" / "campaigns" / "channel_limits.csv"
    limits.write_text(
        limits.read_text(encoding="utf-8").replace("sms,text,parts,8", "sms,text,parts,7"), encoding="utf-8"
    )
    report, _ = send({"name": reference(settings, "王明")}, {"name": reference(settings, "王" * 80)})
    assert report.sent == 1
    assert report.refused == {"template_not_allowed: too long: text has 8 parts, and 7 are allowed": 1}


def test_what_is_wrong_with_a_text_is_told_without_the_name_that_stands_in_it(
    settings: Settings, write: Callable[..., None], send: Callable[..., Any]
) -> None:
    write("sms", SMS + "{% if name contains '明' %}{{ name | divided_by: 0 }}{% endif %}，拒收请回复R")
    report, _ = send({"name": reference(settings, "王明")}, {"name": reference(settings, "李雷")})
    assert report.sent == 1
    assert report.refused == {"template_error: with the name of this customer": 1}


def test_the_preview_counts_whom_a_text_lacks_something_of_and_shows_masks(
    settings: Settings, write: Callable[..., None], row: Callable[..., Any], publish_plan: Callable[..., Any]
) -> None:
    write("sms", SMS.replace("{% if city %}{{ city }}的{% endif %}", "{{ city }}的"))
    known = {"name": reference(settings, "王明"), "city": "上海"}
    rows = [known, {"name": known["name"]}, {"city": None}]
    publication = publish_plan(
        [row(number, variant="a", fields=json.dumps(some)) for number, some in enumerate(rows, 1)],
        names={"c_00001": "王*"},
    )
    (campaign,) = (one for one in load_campaigns(campaign_folder(settings)) if one.campaign_id == "dormant_recall")
    with PublishedCopy(publication.path) as published:
        sms = planned_texts(settings, published, campaign)[0].texts
    assert (sms.messages, sms.not_allowed) == (3, {"field_missing: city": 2})
    assert [sample.content.get("text") for sample in sms.samples] == [
        None,
        "【关系商城】王*，上海的满200减50，拒收请回复R",
    ]
    assert sms.samples[0].problem == "field_missing: city"


def test_a_campaign_whose_links_lead_nowhere_is_not_approved(settings: Settings, write: Callable[..., None]) -> None:
    write("email", EMAIL)
    (campaign,) = (one for one in load_campaigns(campaign_folder(settings)) if one.campaign_id == "dormant_recall")
    check_links(settings, campaign)
    with pytest.raises(
        UserError, match=r"dormant_recall/email/zh_CN\.liquid: unsubscribe_url leads nowhere yet\. Say `base_"
    ):
        check_links(settings.model_copy(update={"links": Links()}), campaign)


def test_whoever_unsubscribes_by_the_link_of_an_email_gets_no_more_of_them(
    settings: Settings, write: Callable[..., None], send: Callable[..., Any]
) -> None:
    write("email", EMAIL)
    _, (message,) = send({"name": reference(settings, "王明")}, channel="email")
    token = message["content"]["list_unsubscribe"].removeprefix("<https://go.shop.example/u/").removesuffix(">")
    said = LinkSigner(open_keyring(settings)).read(token, UNSUBSCRIBE, settings.now())
    note(settings, said.delivery_id, "unsubscribed")
    report = collect(settings)
    assert (report.events, report.rejected, report.closed, report.reasons) == (1, 0, 1, [])
    s = suppressions.c
    with reading(engine(settings)) as connection:
        closed = connection.execute(select(s.channel, s.reason, s.is_active)).all()
    assert [tuple(one) for one in closed] == [("email", "unsubscribed", True)]


def test_a_text_message_is_as_many_parts_as_it_is_with_its_link(
    write: Callable[..., None], send: Callable[..., Any]
) -> None:
    write("sms", "【关系商城】{{ offer }}，退订 {{ unsubscribe_url }} 拒收请回复R")
    _, (message,) = send({})
    text = message["content"]["text"]
    assert "https://go.shop.example/u/" in text
    assert message["content"]["parts"] == sms_parts(text) > 2
