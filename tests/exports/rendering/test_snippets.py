"""Snippets: texts that templates share, from one folder, in the language of the campaign, and without end nowhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from exports.definitions.template import Template
from stores.errors import UserError


def test_a_snippet_knows_the_fields_and_what_it_is_given(
    template: Callable[..., Template], snippet: Callable[[str, str], Path]
) -> None:
    snippet("greeting.liquid", "{{ city | default: '各地' }}的{{ whom }}\n")
    push = template("题目\n{% render 'greeting', whom: '朋友' %}，您好")
    assert push.render({"city": "上海"}) == {"title": "题目", "body": "上海的朋友，您好"}
    assert push.fields == ("city",)
    assert [path.name for path in push.files] == ["zh_CN.liquid", "greeting.liquid"]


def test_the_language_of_the_campaign_comes_first(
    template: Callable[..., Template], snippet: Callable[[str, str], Path]
) -> None:
    snippet("greeting.liquid", "Hello")
    snippet("greeting.zh.liquid", "您好")
    snippet("greeting.zh_Hant.liquid", "您好呀")
    texts = {
        language: template("t\n{% render 'greeting' %}", language=language)
        for language in ("zh_CN", "en", "zh_Hant_TW")
    }
    assert [text.render({}) for text in texts.values()] == [
        {"title": "t", "body": "您好"}, {"title": "t", "body": "Hello"}, {"title": "t", "body": "您好呀"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["../recall/app_push/zh_CN", "/etc/passwd", "greeting.liquid", "..", "a/b", "Greeting", "link", "nothing"]
)
def test_only_snippets_are_taken_in(
    template: Callable[..., Template], snippet: Callable[[str, str], Path], tmp_path: Path, name: str
) -> None:
    place = snippet("greeting.liquid", "您好")
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (place.parent / "link.liquid").symlink_to(tmp_path / "secret")
    with pytest.raises(
        UserError, match=r"^templates/recall/app_push/zh_CN\.liquid:2: there is no snippet .*; there are greeting\."
    ):
        template(f"题目\n{{% render '{name}' %}}")


def test_a_name_that_is_nearly_right_is_suggested(
    template: Callable[..., Template], snippet: Callable[[str, str], Path]
) -> None:
    snippet("greeting.liquid", "您好")
    with pytest.raises(UserError, match="Did you mean greeting"):
        template("题目\n{% render 'greetings' %}")


@pytest.mark.parametrize(
    "text",
    ["{% render 'again' %}", "{% render 'again' %}" * 3, "{% for i in (1..900) %}{% render 'leaf' %}{% endfor %}" * 2],
)
def test_a_snippet_that_takes_itself_in_or_too_many_ends_in_one_line(
    template: Callable[..., Template], snippet: Callable[[str, str], Path], text: str
) -> None:
    snippet("again.liquid", text)
    snippet("leaf.liquid", "")
    with pytest.raises(
        UserError, match=r"(recursive render|takes in more than 1000 snippets|longer than 2 seconds)"
    ) as told:
        template(f"题目\n{text}")
    assert "\n" not in str(told.value)


def test_a_mistake_in_a_snippet_is_told_where_it_stands(
    template: Callable[..., Template], snippet: Callable[[str, str], Path]
) -> None:
    snippet("greeting.zh.liquid", "您好\n\n{{ citty }}")
    with pytest.raises(UserError, match=r"^templates/_snippets/greeting\.zh\.liquid:3: nothing is called 'citty'"):
        template("题目\n{% render 'greeting' %}")
    snippet("greeting.zh.liquid", "您好\n{{ city | shout }}")
    with pytest.raises(UserError, match=r"^templates/_snippets/greeting\.zh\.liquid:2: unknown filter 'shout'"):
        template("题目\n{% render 'greeting' %}")
    snippet("greeting.zh.liquid", "您好")
    with pytest.raises(UserError, match="unexpected tag 'include'"):
        template("题目\n{% include 'greeting' %}")
