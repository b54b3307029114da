"""A mistake in settings or in a campaign's file is told in the reader's language, whatever kind it is of."""

import pytest

from dashboards.components import i18n, refusals, refused_fields
from stores.errors import problem_of_value
from tests.testing.model_kinds import MODULES, mistakes, models
from tests.testing.refusals import raised_by

CONTEXT = {"channels": ("sms",), "purposes": ("marketing",), "events": ("purchase",), "fields": ("city",)}
# Callers name what there is instead.
TOLD_BY_CALLERS = "extra_forbidden"


@pytest.fixture
def chinese(monkeypatch):
    for module in (i18n, refusals):
        monkeypatch.setattr(module, "language", lambda: "zh_CN")


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_kind_of_mistake_that_a_model_can_have_is_told_in_chinese_and_in_our_own_words(chinese, model):
    kinds = {error["type"]: error for error in mistakes(model, CONTEXT)}
    kinds.pop(TOLD_BY_CALLERS, None)
    for kind, error in kinds.items():
        said = f"spring.yml:3: step 2, channel 1: {problem_of_value(error)}."
        assert kind == "value_error" or error["msg"] not in said, f"{kind} has no words of ours"
        assert refusals.in_words(said).startswith("spring.yml 第 3 行，第 2 步、第 1 个渠道：")


@pytest.mark.parametrize("module", MODULES)
def test_what_our_own_checks_say_of_a_field_has_a_chinese_text(module):
    said = raised_by(module)
    assert [text for text in said if text not in refusals.texts("zh_CN")] == []


def test_checks_of_our_own_are_found():
    assert sum(len(list(raised_by(module))) for module in MODULES) > 12


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "a.yml:3: version: must be 1 or more, not 0; a.yml:9: hue: is not a field; the fields are a, b.",
            "a.yml 第 3 行，version：不得小于 1，而不是 0；a.yml 第 9 行，hue：没有这个字段；可用的字段：a, b。",
        ),
        (
            "a.toml or b.toml, section [guanxi.gates]: send_share: must be 1.0 or less, not 7; x: is missing.",
            "a.toml 或 b.toml 的 [guanxi.gates] 一节，send_share：不得大于 1.0，而不是 7；x：缺少此项。",
        ),
        (
            "GUANXI_TIMEZONE in the environment: not an IANA time zone such as Asia/Shanghai, not 'Mars'.",
            "环境变量 GUANXI_TIMEZONE：不是 IANA 时区，例如 Asia/Shanghai，而不是 'Mars'。",
        ),
        ("a.yml:3: version: is odd; b: is missing.", "命令未能执行，原文：a.yml:3: version: is odd; b: is missing."),
    ],
)
def test_several_mistakes_are_told_one_by_one_each_with_its_place(chinese, said, shown):
    assert refusals.in_words(said) == shown
    assert refused_fields.in_words("nothing of ours", lambda _: "") == ""
