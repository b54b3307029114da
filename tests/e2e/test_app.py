"""The app in a real browser: pages render, a customer is found, lists lead to the customer, the language switches."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboards.components.i18n import LANGUAGES, catalogue
from dashboards.navigation import discover
from tests.testing.app_in_browser import SETTLED, charts_are_drawn, choose, member_list, visit

# What a text is called in the locale files: on a page only where it has no translation.
CODE_OF_A_TEXT = re.compile(rf"\b({'|'.join({key.partition('.')[0] for key in catalogue('en')})})\.[a-z_]+")


@pytest.mark.parametrize("width", [1440, 390], ids=["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_renders_in_both_languages(page: Page, address: str, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    for position, header in enumerate(discover()):
        visit(page, f"{address}/{header.path.stem if position else ''}?lang={language}")
        expect(page.locator(".gx-head h1")).to_have_text(catalogue(language)[header.title])
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
        assert not CODE_OF_A_TEXT.search(page.inner_text("body"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing runs over the edge"


def test_the_overview_draws_its_charts_and_figures(page: Page, address: str) -> None:
    visit(page, address)
    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text("2,000")
    charts_are_drawn(page, 8)
    expect(page.get_by_text("数据校验全部通过")).to_be_visible()


def test_each_view_of_the_segments_draws_its_charts(page: Page, address: str) -> None:
    visit(page, f"{address}/segments")
    for view, count in (("RFM 网格", 1), ("生命周期流转", 3), ("价值象限", 2), ("业务客群", 0)):
        page.get_by_role("radio", name=view).click()
        charts_are_drawn(page, count)
        expect(page.locator("[data-testid=stDataFrame]")).to_have_count(1)  # the list of the view before is gone


def test_a_clicked_cell_of_the_grid_lists_its_members(page: Page, address: str) -> None:
    visit(page, f"{address}/segments")
    charts_are_drawn(page, 1)
    chart = page.locator("[data-testid=stVegaLiteChart] :is(svg.marks, canvas.marks)")
    box = chart.bounding_box()
    assert box
    chart.click(position={"x": box["width"] * 0.9, "y": box["height"] * 0.1})
    expect(page.get_by_text("成员 · R5 × F5")).to_be_visible()


def test_an_id_of_a_list_leads_to_the_customer_and_the_way_back_to_the_same_view(
    page: Page, address: str, busiest: dict[str, str]
) -> None:
    visit(page, f"{address}/segments?lang=en")
    page.get_by_role("radio", name="Mean spend").click()
    page.wait_for_url(re.compile("rfm_measure=monetary"))
    member_list(page).click(position={"x": 60, "y": 52})
    page.wait_for_url(re.compile(rf"/customer\?id={busiest['customer_id']}"))
    expect(page.locator(".gx-person p")).to_have_text(busiest["customer_id"])
    expect(page.locator(".gx-head h1")).to_have_text("Customer")
    page.go_back()
    expect(page.locator(".gx-head h1")).to_have_text("Segments")
    expect(page.get_by_role("radio", name="Mean spend")).to_be_checked()
    page.reload()
    expect(page.get_by_role("radio", name="Mean spend")).to_be_checked()


def test_what_was_chosen_stands_in_the_address_and_what_counts_anyway_does_not(page: Page, address: str) -> None:
    visit(page, f"{address}/segments?lang=en")
    page.get_by_role("radio", name="Lifecycle flow").click()
    page.get_by_text("Show shares").click()
    page.wait_for_url(re.compile("history_share=1"))
    choose(page, "To", "Dormant")
    page.wait_for_url(re.compile("move_to=dormant"))
    page.reload()
    expect(page.get_by_text("Members · Dormant")).to_be_visible()
    expect(page.get_by_role("switch", name="Show shares")).to_be_checked()
    page.get_by_role("radio", name="RFM grid").click()
    page.wait_for_url(lambda url: "segments_view" not in url)


def test_a_click_on_a_header_sorts_and_opens_nobody(page: Page, address: str, busiest: dict[str, str]) -> None:
    visit(page, f"{address}/segments?lang=en")
    for x in (60, 300, 900):
        member_list(page).click(position={"x": x, "y": 15})
        page.wait_for_selector(SETTLED)
    expect(page.locator(".gx-head h1")).to_have_text("Segments")
    member_list(page).click(position={"x": 60, "y": 52})
    page.wait_for_url(re.compile(r"/customer\?id=c_"))
    assert busiest["customer_id"] not in page.url, "sorted by another column, another customer stands first"


def test_a_reader_whose_browser_speaks_neither_language_reads_english(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="pt-BR")
    opened = context.new_page()
    visit(opened, address)
    expect(opened.locator(".gx-head h1")).to_have_text("Overview")
    context.close()


def test_a_customer_is_found_by_full_phone_without_leaving_it_behind(page: Page, address: str) -> None:
    number = 7
    phone = f"138{number * 7919 % 100_000_000:08d}"
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    visit(page, f"{address}/customer")
    box = page.get_by_role("textbox")
    box.fill(phone)
    box.press("Enter")
    expect(page.locator(".gx-person p")).to_have_text(f"c_{number:016x}")
    expect(page.locator(".gx-facts").first).to_contain_text(f"138****{phone[-4:]}")
    expect(box).to_have_value("")
    assert not [url for url in [*requested, page.url] if phone in url]
    assert phone not in page.content()


def test_why_opens_the_rule_and_the_figures(page: Page, address: str, busiest: dict[str, str]) -> None:
    visit(page, f"{address}/customer?id={busiest['customer_id']}")
    page.get_by_text("为什么是这个阶段？").click()
    expect(page.locator(".gx-rule:visible").first).to_contain_text("按固定顺序判断")
    expect(page.get_by_text("距上次购买").first).to_be_visible()


def test_the_language_switches_and_stays_on_the_next_page(page: Page, address: str) -> None:
    visit(page, address)
    page.get_by_role("radio", name="English").click()
    expect(page.locator(".gx-head h1")).to_have_text("Overview")
    page.get_by_role("link", name="Segments").click()
    expect(page.locator(".gx-head h1")).to_have_text("Segments")
    page.reload()
    expect(page.locator(".gx-head h1")).to_have_text("Segments")
    page.get_by_role("radio", name="中文").click()
    expect(page.locator(".gx-head h1")).to_have_text("客群")


def test_a_campaign_is_approved_and_paused_through_the_app(page: Page, address: str) -> None:
    visit(page, f"{address}/campaigns?lang=en")
    expect(page.get_by_text("Nobody approved it yet")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    page.get_by_role("textbox", name="Who decides").fill("Lin Yue")
    page.get_by_role("textbox", name="Who decides").press("Tab")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("guanxi campaign approve '--by=Lin Yue' -- dormant_recall")).to_be_visible()
    page.get_by_role("button", name="Approve").last.click()
    expect(page.get_by_text("“Dormant customer recall” is approved")).to_be_visible()
    expect(page.get_by_text("guanxi campaign approve '--by=Lin Yue'")).to_have_count(0)  # the answered question is gone
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("guanxi campaign pause '--by=Lin Yue' -- dormant_recall")).to_be_visible()
    page.get_by_role("button", name="Pause").last.click()
    expect(page.get_by_text("“Dormant customer recall” is paused")).to_be_visible()
    expect(page.get_by_text("Nothing of it is sent until it is approved again.")).to_be_visible()
