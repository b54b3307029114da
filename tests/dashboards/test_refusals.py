"""What a command refuses is said in the reader's language, by its kind; what no text is known for stands as it is."""

import re

import pytest
from typer.main import get_command

from dashboards import commands
from dashboards.components import i18n, refusals
from dashboards.queries import campaigns
from orchestration.cli.main import app
from tests.testing.app_pages import html
from tests.testing.model_kinds import MODULES
from tests.testing.refusals import every_text, templates

CHINESE = refusals.texts("zh_CN")
# What is said although nothing is refused there, and what is filled in.
OTHER_WORDS = (
    "orchestration.runs.storage_errors",
    "stores.operations.identity_decisions",
    "orchestration.cli.identity",
    "exports.policy.sms_rules",
    *MODULES,
)


def said_by_commands():
    """What the commands that pages run can refuse, and what is said of those that fail."""
    functions = [("dashboards.commands", "run")]
    for group, name in commands.COMMANDS:
        called = get_command(app).commands[group].commands[name].callback
        functions.append((called.__module__, called.__name__))
    return templates(functions)


def test_everything_that_the_app_can_be_refused_has_a_chinese_text():
    said = said_by_commands()
    assert len(said) > 100
    # without words of its own it is what somebody else says, such as a library
    missing = {text: place for text, place in said.items() if re.search("[a-z]", text) and text not in CHINESE}
    assert missing == {}


def test_no_text_is_kept_that_nothing_says():
    said = set(said_by_commands()).union(*map(every_text, OTHER_WORDS))
    assert [text for text in CHINESE if text not in said and not text.startswith("Unexpected error: ")] == []


def test_chinese_texts_fill_in_what_was_said_and_have_chinese_punctuation():
    half = re.compile(r"[\u4e00-\u9fff][,:;!?()]|[,:;!?()][\u4e00-\u9fff]|[\u4e00-\u9fff]\.$")
    for said, text in CHINESE.items():
        places = re.findall(r"\{(\d+)\}", text)
        assert len(places) == len(set(places)), text
        assert all(int(place) < said.count("{}") for place in places), text
        assert re.search("[\u4e00-\u9fff]", text), text
        assert not half.search(text), text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("There is no campaign 'x'. Campaigns: a, b.", "没有名为 'x' 的活动。现有活动：a, b。"),
        (
            "Decision d_1 is not in force: it was replaced by d_2. Nothing was changed.",
            "裁定 d_1 未在生效（已被 d_2 取代）。未做任何更改。",
        ),
        (
            "ingestion/channels/app/__init__.py:3: Channel X has no table 'a'; it has b.",
            "ingestion/channels/app/__init__.py:3：渠道 X 没有表 'a'；它有 b。",
        ),
        ("Something nobody knows.", "命令未能执行，原文：Something nobody knows."),
    ],
)
def test_a_refusal_is_said_in_chinese_with_what_it_names(monkeypatch, said, shown):
    for speaks, expected in (("zh_CN", shown), ("en", said)):
        monkeypatch.setattr(i18n, "language", lambda speaks=speaks: speaks)
        monkeypatch.setattr(refusals, "language", lambda speaks=speaks: speaks)
        assert refusals.in_words(said) == expected


def test_a_page_tells_a_refusal_in_chinese(published, open_app, monkeypatch):
    def listed():
        raise commands.CommandFailed("There is no channel 'x'. Channels in use: app, shop.")

    monkeypatch.setattr(campaigns, "listed", listed)
    monkeypatch.setattr(campaigns, "read_ahead", lambda asked: None)
    assert "没有渠道 &#x27;x&#x27;。在用的渠道：app, shop。" in html(open_app("campaigns", "zh_CN"))


def test_a_page_runs_no_other_command():
    with pytest.raises(ValueError, match="COMMANDS"):
        commands.run("operations", "recover")
