"""From a figure to its customers in a real browser: filters, a click on a bar, the members, a customer, and back."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.testing.app_in_browser import choose, member_list, visit


def chart_of(page: Page, card: str) -> Locator:
    """The drawn chart of a card."""
    drawn = page.locator(f".st-key-card_{card} [data-testid=stVegaLiteChart] :is(svg.marks, canvas.marks)")
    expect(drawn).to_have_count(1)
    return drawn


def click_at(chart: Locator, across: float, down: float) -> None:
    """Click a place of a chart, from 0 to 1."""
    box = chart.bounding_box()
    assert box
    chart.click(position={"x": box["width"] * across, "y": box["height"] * down})


def test_chosen_filters_stand_in_the_address_and_go_along_to_the_members(page: Page, address: str) -> None:
    visit(page, f"{address}/?lang=en")
    choose(page, "Period", "Last 90 days")
    page.wait_for_url(re.compile("period=days_90"))
    choose(page, "Channel", "Stores")
    page.wait_for_url(re.compile("channel=pos"))
    expect(page.get_by_text("Filtered by: Apr 2, 2026 to Jun 30, 2026 · Channel: Stores")).to_be_visible()
    page.reload()
    link = page.get_by_role("link", name=re.compile("buyers$")).last
    expect(link).to_be_visible()
    said = link.inner_text().split()[-2]
    link.click()
    page.wait_for_url(re.compile(r"/members\?.*of=buyers"))
    expect(page.get_by_text(f"{said} customers, by net revenue")).to_be_visible()
    expect(page.get_by_text("Filtered by: Apr 2, 2026 to Jun 30, 2026 · Channel: Stores")).to_be_visible()
    page.go_back()
    expect(page.locator(".gx-head h1")).to_have_text("Overview")
    page.wait_for_url(lambda url: "channel=pos" in url and "of=" not in url)
    page.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "channel" not in url and "period" not in url)


def test_a_part_of_a_chart_leads_to_its_members_and_from_there_to_a_customer(page: Page, address: str) -> None:
    for card, across, down, of in (("rfm", 0.05, 0.9, "rfm"), ("value", 0.95, 0.25, "value_class")):
        visit(page, f"{address}/?lang=en&channel=app")
        click_at(chart_of(page, card), across, down)
        page.wait_for_url(re.compile(rf"/members\?.*of={of}"))
        expect(page.get_by_text("Channel: App")).to_be_visible()
    member_list(page).click(position={"x": 60, "y": 52})
    page.wait_for_url(re.compile(r"/customer\?id=c_"))
    page.go_back()
    page.wait_for_url(re.compile(r"/members\?.*of=value_class"))


def test_a_bar_leads_to_the_customers_of_its_days(page: Page, address: str) -> None:
    visit(page, f"{address}/?lang=en")
    click_at(chart_of(page, "growth"), 0.974, 0.82)  # the last bar stands at the right edge
    page.wait_for_url(re.compile(r"of=new_customers"))
    assert "period=range" in page.url
    expect(page.get_by_text(re.compile("Filtered by: .* to "))).to_be_visible()
    expect(page.get_by_text("customers, by net revenue")).to_be_visible()


def test_the_members_are_no_page_of_the_menu(page: Page, address: str) -> None:
    visit(page, f"{address}/members?lang=en&of=stage&which=dormant")
    expect(page.locator(".gx-head h1")).to_have_text("Members · Dormant")
    expect(page.get_by_role("link", name="Members")).to_have_count(0)
    expect(page.get_by_role("link", name="Segments")).to_have_count(1)
