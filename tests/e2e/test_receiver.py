"""The receiver's page in a real browser: the first message shows by itself, a button answers, nothing is blocked."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from stores.settings import Settings
from tests.endpoints.conftest import folder, message, running, start  # noqa: F401 - fixtures


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_message_shows_by_itself_and_a_button_answers_it(
    browser: Browser,
    running: Any,  # noqa: F811
    message: Callable[..., Any],  # noqa: F811
    settings: Settings,
    scheme: Any,
) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))
    page.on("pageerror", lambda one: said.append(str(one)))
    page.goto(running.url)
    expect(page.get_by_text("还没有收到消息")).to_be_visible()
    running.post({"messages": [message(text="<img src=x onerror=alert(1)> " + "长" * 300)]})
    expect(page.locator("article")).to_have_count(1)
    assert _fits(page)
    page.get_by_role("button", name="已送达消息").click()
    expect(page.get_by_text("○ 已送达消息")).to_be_visible()
    (file,) = (settings.landing / "receipts" / "crm").iterdir()
    assert json.loads(file.read_text())["event"] == "delivered"
    running.post({"messages": [message("d_2")]}, "batch-2")
    page.get_by_text("有新消息").click()
    expect(page.locator("article")).to_have_count(2)
    assert said == []
    context.close()


def _fits(page: Page) -> bool:
    """Whether the page is no wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
