"""The page of tags, the members of a tag, and the tags of a customer."""

from html import unescape

import pytest

from dashboards.components.i18n import number
from tests.testing.app_pages import html


@pytest.mark.parametrize(
    ("language", "family", "tag"), [("zh_CN", "消费力", "高消费客户"), ("en", "Spending power", "High spender")]
)
def test_the_catalogue_shows_families_and_the_tags_of_the_first(published, open_app, ask, language, family, tag):
    shown = unescape(html(open_app("tags", language)))
    held = ask("select count(*) from marts.customer_tags where tag = 'high_spender' and is_current")[0][0]
    assert family in shown
    assert tag in shown
    assert f"of=tag&which=high_spender&lang={language}" in shown
    assert number(held) in shown
    assert "75.0%" in shown


def test_a_tag_that_has_values_is_named_by_each(published, open_app):
    shown = unescape(html(open_app("tags", "en", family="category")))
    assert "Favourite category: Scarves" in shown
    assert "Favourite category: bottle" in shown, "a value that installations bring has no name of its own"
    assert "no channel delivers the metric" in shown


def test_nobody_is_listed_for_a_sensitive_tag(published, open_app, ask):
    shown = unescape(html(open_app("tags", "en", family="demographics")))
    assert "Ill for long" in shown
    assert "which=long_ill" not in shown
    assert len(open_app("members", "en", of="tag", which="long_ill").dataframe) == 0
    held = ask("select customer_id from marts.customer_tags where tag = 'long_ill' limit 1")[0][0]
    assert "Ill for long" not in html(open_app("customer", "en", id=held))


@pytest.mark.parametrize(
    ("which", "condition"),
    [
        ("high_spender", "tag = 'high_spender'"),
        ("favourite_category", "tag = 'favourite_category'"),
        ("favourite_category.scarf", "tag = 'favourite_category' and value = 'scarf'"),
    ],
)
def test_the_members_are_those_who_have_the_tag_today(published, open_app, ask, which, condition):
    held = ask(f"select count(distinct customer_id) from marts.customer_tags where is_current and {condition}")[0][0]
    app = open_app("members", "en", of="tag", which=which)
    assert not app.exception
    assert f"{number(held)} customers" in " ".join([html(app), *(one.value for one in app.caption)])


def test_a_customer_page_has_the_tags_by_family(published, open_app, ask):
    held = ask(
        "select customer_id from marts.customer_tags where tag = 'favourite_category' and value = 'scarf' limit 1"
    )[0][0]
    shown = unescape(html(open_app("customer", "zh_CN", id=held)))
    assert "偏好品类：围巾" in shown
    assert "品类偏好" in shown
