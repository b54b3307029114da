"""A channel is called on screen what its contract calls it."""

import pytest

from ingestion.contract.channel import Channel, Table
from orchestration.dbt.active_channels import keep_titles
from stores.publication_files.channel_titles import read_channel_titles, write_channel_titles
from tests.testing.app_pages import BUSY, html


@pytest.mark.parametrize(("language", "title"), [("zh_CN", "面包房"), ("en", "Bakery")])
def test_a_channel_of_ones_own_has_its_own_title(own, open_app, language, title):
    write_channel_titles(own, {"shop": ("面包房", "Bakery")})
    assert title in html(open_app("overview", language))


def test_without_titles_the_app_has_names_of_its_own(published, open_app, ask):
    (customer,) = ask(BUSY)[0]
    assert "网上商城" in html(open_app("customer", id=customer))


def test_a_damaged_file_of_titles_is_no_reason_to_show_nothing(settings):
    settings.published.mkdir(parents=True)
    (settings.published / "channel_titles.json").write_text('{"shop": 1}', encoding="utf-8")
    assert read_channel_titles(settings) == {}


def test_the_titles_of_all_channels_in_use_are_kept(settings):
    keep_titles(settings)
    kept = read_channel_titles(settings)
    assert kept["shop"] == ("网上商城", "Online shop")
    assert all(zh and en for zh, en in kept.values())


@pytest.mark.parametrize(
    ("given", "titles"),
    [
        ({"title_zh": "面包房", "title_en": "Bakery"}, ("面包房", "Bakery")),
        ({"title_en": "Bakery"}, ("Bakery", "Bakery")),
        ({"title_zh": "面包房"}, ("面包房", "bakery")),
        ({}, ("bakery", "bakery")),
    ],
)
def test_a_channel_needs_no_title_in_a_language_that_nobody_reads(given, titles):
    assert Channel(name="bakery", tables=[Table("sales", {"id": "text"}, pattern="*.csv")], **given).titles == titles
