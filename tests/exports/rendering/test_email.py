"""E-mails: HTML with inline styles and a dark mode, plain text that says the same, and nothing that does harm."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from exports.definitions.template import Template, Wording
from exports.definitions.template_reading import read_template
from exports.rendering.wording_rules import WordingRules
from stores.errors import UserError
from stores.settings import PROJECT_ROOT

HEAD = "【广告】给{{ name | default: '您' }}的优惠\n"
FOOT = '<p><a href="{{ unsubscribe_url }}">退订</a></p>'
HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ points_balance }}", "a\r\nBcc: all@shop.example",
    "'; drop table customers; --", "&lt;b&gt;", "王\u202e小明",
]  # fmt: skip


@pytest.fixture
def email(template: Callable[..., Template]) -> Callable[..., Template]:
    def read(body: str, **parameters: Any) -> Template:
        return template(HEAD + body + FOOT, "email", **parameters)

    return read


def tags(document: str) -> list[str]:
    """The elements of a document, whatever stands in its texts and values."""
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append(tag)  # type: ignore[method-assign]  # nothing else is asked
    parser.feed(document)
    return found


def made(email: Template, **fields: Any) -> dict[str, str]:
    content = email.render(fields)
    assert isinstance(content, dict), content
    return {name: str(value) for name, value in content.items()}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_that_a_customer_is_called_becomes_markup_a_header_or_a_template(
    email: Callable[..., Template], name: str
) -> None:
    content = made(email('<p title="{{ name }}">{{ name }} 您好 {{ points_balance | default: 5 }}</p>'), name=name)
    assert "\n" not in content["title"]
    assert sorted(tags(content["html"])) == ["a", "body", "head", "html", *["meta"] * 4, "p", "p", "style"]
    if name.startswith(("<script", "{{", "&lt;")):
        assert f"{name} 您好 5" in content["text"], "plain text says it as it is"


def test_a_name_that_is_a_link_counts_as_not_known(email: Callable[..., Template]) -> None:
    text = email("<p>{{ name }} 您好</p>")
    for link in ("javascript:alert(1)", "JaVaScRiPt : alert(1)", "https://evil.example", "www.evil.example"):
        assert text.render({"name": link}) == "field_missing: name"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<script>track()</script>", "an e-mail must not have <script>"),
        ("<p onclick='x()'>a</p>", "an e-mail must not have onclick="),
        (
            '<a href="javascript:alert(1)">a</a>',
            "href of <a> is 'javascript:alert(1)', and must begin with https:",
        ),
        ('<a href=" java&#10;script:alert(1)">a</a>', "href of <a> is"),
        ('<a href="//evil.example">a</a>', "href of <a> is"),
        ('<img src="data:image/png;base64,AAAA">', "src of <img> is"),
        ('<link rel="stylesheet" href="https://x.example/a.css"><p>a</p>', "an e-mail must not have <link>"),
        ('<form action="https://x.example"></form><p>a</p>', "an e-mail must not have <form>"),
        ('<meta http-equiv="refresh" content="0;url=https://x"><p>a</p>', "an e-mail must not have http-equiv="),
    ],
)
def test_what_an_email_must_not_have_is_refused_with_its_file(
    email: Callable[..., Template], body: str, problem: str
) -> None:
    with pytest.raises(UserError) as told:
        email(body)
    assert problem in str(told.value)
    assert str(told.value).startswith("templates/recall/email/zh_CN.liquid: template_not_allowed: ")


def test_styles_stand_on_their_elements_and_what_is_for_dark_mode_in_the_head(email: Callable[..., Template]) -> None:
    styled = "<style>.a{color:#b3261e} @media (prefers-color-scheme: dark){.a{color:#fff !important}}</style>"
    content = made(email(f'{styled}<p class="a">优惠</p>'))
    assert '<p class="a" style="color: #b3261e;">优惠</p>' in content["html"]
    assert "@media (prefers-color-scheme: dark)" in content["html"]
    assert '<meta name="color-scheme" content="light dark">' in content["html"]
    assert content["html"].startswith("<!DOCTYPE html><html><head>")
    plain = made(email("<p>优惠</p>"))
    assert "@media (prefers-color-scheme: dark)" in plain["html"], "a dark mode of its own where the template has none"


def test_plain_text_is_made_of_the_html(email: Callable[..., Template]) -> None:
    body = (
        "<h1>本月 优惠</h1><p>满100\n减10<br>全场</p><ul><li>鞋</li><li>包</li></ul>"
        '<p><a href="https://shop.example/?a=1&amp;b=2">去看看</a> <img src="https://shop.example/a" alt="新款"></p>'
    )
    assert made(email(body))["text"] == (
        "本月 优惠\n\n满100 减10\n全场\n\n- 鞋\n\n- 包\n\n去看看 (https://shop.example/?a=1&b=2) 新款"
        "\n\n退订 (\ue000u\ue001)"
    )


def test_a_plain_text_of_ones_own_comes_first(email: Callable[..., Template], exports: Path) -> None:
    path = exports / "templates" / "recall" / "email" / "zh_CN.txt.liquid"
    path.parent.mkdir(parents=True)
    path.write_text("{{ city | default: '您' }}，请看优惠。退订：{{ unsubscribe_url }}", encoding="utf-8")
    text = email("<p>优惠</p>")
    assert made(text, city="上海")["text"] == "上海，请看优惠。退订：\ue000u\ue001"
    assert path in text.files, "an approval holds for it too"
    path.write_text("{{ citty }}", encoding="utf-8")
    with pytest.raises(UserError, match=r"^templates/recall/email/zh_CN\.txt\.liquid:1: nothing is called 'citty'"):
        email("<p>优惠</p>")


def test_an_email_without_markup_has_html_that_says_the_same(template: Callable[..., Template]) -> None:
    text = template(HEAD + "a < b & {{ city }}\n第二行\n\n退订：{{ unsubscribe_url }}", "email")
    content = made(text, city="<b>上海</b>")
    assert content["text"] == "a < b & <b>上海</b>\n第二行\n\n退订：\ue000u\ue001"
    assert "<p>a &lt; b &amp; &lt;b&gt;上海&lt;/b&gt;<br>第二行</p>" in content["html"]


def test_an_email_that_programs_would_cut_off_is_refused(email: Callable[..., Template]) -> None:
    with pytest.raises(UserError, match=r"too long: html has \d{6} bytes, and 102400 are allowed"):
        email("{% for i in (1..900) %}<p>" + "长" * 40 + "</p>{% endfor %}")


def test_the_emails_that_guanxi_brings_along_are_right_in_both_languages(rules: WordingRules) -> None:
    parameters = {"signature": "关系 & 商城", "offer": "满200减50", "offer_en": "50 off 200"}
    for name in ("dormant_recall", "new_customer_welcome"):
        for language in ("zh_CN", "en"):
            folder = PROJECT_ROOT / "exports" / "templates" / name
            text = read_template(folder, rules.channels["email"], Wording(language, parameters), rules)
            content = made(text)
            assert "关系 &amp; 商城" in content["html"]
            assert "@media (prefers-color-scheme: dark)" in content["html"]
            assert "\ue000u\ue001" in content["text"]
