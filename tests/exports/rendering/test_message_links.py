"""Links in messages: parameters that say where they come from, and addresses that only this installation makes."""

import html
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.rendering.message_links import UNSUBSCRIBE_MARK, Campaigning, MessageLinks, with_utm
from stores.keyring import make_keyring
from stores.links.link_settings import Links
from stores.links.signed_links import CLICK, UNSUBSCRIBE, LinkSigner

NOW = datetime(2026, 6, 30, 2, 0, tzinfo=UTC)
SAID = Campaigning("recall", "email", "b")
UTM = "utm_source=guanxi&utm_medium=email&utm_campaign=recall&utm_content=b"
WORDS = st.text(st.characters(whitelist_categories=("Ll", "Nd"), max_codepoint=0x2FF), max_size=8)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> LinkSigner:
    return LinkSigner(make_keyring(tmp_path_factory.mktemp("keys") / "keyring.json"))


def links(signer: LinkSigner, **settings: Any) -> MessageLinks:
    wanted = {"base_url": "https://go.shop.example", "hosts": ["shop.example"], **settings}
    return MessageLinks(Links.model_validate(wanted), signer, NOW)


@pytest.mark.parametrize(
    ("url", "with_parameters"),
    [
        ("https://shop.example", f"https://shop.example?{UTM}"),
        ("https://shop.example/a?b=1#top", f"https://shop.example/a?b=1&{UTM}#top"),
        ("https://shop.example/?q=a%20b&c=%26", f"https://shop.example/?q=a%20b&c=%26&{UTM}"),
        ("https://shop.example/#/route?x=1", f"https://shop.example/?{UTM}#/route?x=1"),
        ("https://shop.example/?UTM_Source=flyer", f"https://shop.example/?UTM_Source=flyer&{UTM.partition('&')[2]}"),
    ],
)
def test_parameters_are_added_to_what_a_link_has(url: str, with_parameters: str) -> None:
    assert with_utm(url, SAID) == with_parameters


@given(path=WORDS, query=st.lists(st.tuples(WORDS.filter(bool), WORDS), max_size=4), fragment=WORDS)
def test_query_and_fragment_stay_as_they_are(path: str, query: list[tuple[str, str]], fragment: str) -> None:
    asked = "&".join(f"{name}={value}" for name, value in query)
    url = f"https://shop.example/{path}?{asked}#{fragment}"
    parts = urlsplit(with_utm(url, SAID))
    assert parts.fragment == fragment
    assert parts.query.startswith(asked)
    assert parse_qsl(parts.query, keep_blank_values=True)[: len(query)] == query
    assert dict(parse_qsl(parts.query))["utm_campaign"] == "recall"
    assert with_utm(with_utm(url, SAID), SAID) == with_utm(url, SAID)


def test_links_of_an_email_to_ones_own_hosts_count_clicks_and_lead_where_they_led(signer: LinkSigner) -> None:
    body = (
        '<a href="https://m.shop.example/a?b=1&amp;c=2#d">a</a> <a class="x" href="https://other.example/">b</a>'
        f' <a href="https://shop.example.evil.example/">c</a> <a href="{UNSUBSCRIBE_MARK}">退订</a>'
    )
    content = {"title": "t", "html": body, "text": "a (https://m.shop.example/a?b=1&c=2#d)"}
    mine = links(signer)
    found = mine.finish(mine.mark(content, SAID, is_html=True, is_counted=True), "d_1", is_html=True)
    assert isinstance(found, dict)
    counted, other, evil, unsubscribe = (html.unescape(one) for one in re.findall(r'href="([^"]*)"', found["html"]))
    assert (other, evil) == ("https://other.example/", "https://shop.example.evil.example/")
    token = counted.removeprefix("https://go.shop.example/c/")
    said = signer.read(token, CLICK, NOW)
    assert (said.delivery_id, said.target) == ("d_1", f"https://m.shop.example/a?b=1&c=2&{UTM}#d")
    assert found["text"] == f"a ({counted})", "the plain text leads through the same address"
    assert signer.read(unsubscribe.removeprefix("https://go.shop.example/u/"), UNSUBSCRIBE, NOW).delivery_id == "d_1"
    assert found["list_unsubscribe"] == f"<{unsubscribe}>"
    assert found["list_unsubscribe_post"] == "List-Unsubscribe=One-Click"


def test_two_messages_of_one_text_have_links_of_their_own(signer: LinkSigner) -> None:
    marked = links(signer).mark({"text": UNSUBSCRIBE_MARK}, SAID, is_html=False, is_counted=False)
    first, second = (links(signer).finish(marked, one, is_html=False) for one in ("d_1", "d_2"))
    assert first != second
    assert links(signer).finish(marked, "d_1", is_html=False) == first, "the same message has the same link"


def test_a_push_says_where_its_links_come_from_and_a_text_message_stays_as_short_as_it_is(signer: LinkSigner) -> None:
    said = Campaigning("recall", "app_push", None)
    content = {"title": "t", "body": "看这里：https://shop.example/a，或 https://other.example/b。"}
    marked = links(signer).mark(content, said, is_html=False, is_counted=True)
    assert marked["body"] == (
        "看这里：https://shop.example/a?utm_source=guanxi&utm_medium=app_push&utm_campaign=recall，或 https://other.example/b。"
    )
    assert links(signer).mark(content, said, is_html=False, is_counted=False) == content


def test_without_an_address_that_answers_a_message_that_needs_one_waits(signer: LinkSigner, tmp_path: Path) -> None:
    bare = links(signer, base_url="", hosts=[])
    assert bare.finish({"title": "t", "html": "<p>a</p>", "text": "a"}, "d_1", is_html=True) == {
        "title": "t", "html": "<p>a</p>", "text": "a",
    }  # fmt: skip
    why = bare.finish({"title": "t", "html": UNSUBSCRIBE_MARK, "text": "a"}, "d_1", is_html=True)
    assert why == "links_not_set_up: base_url of [guanxi.links] is missing"


@pytest.mark.parametrize(
    "url", ["http://go.shop.example", "ftp://x", "https://", "https://go.example/?a=1", "go.example"]
)
def test_an_address_that_is_not_safe_is_no_setting(url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        Links(base_url=url)
    with pytest.raises(ValueError, match="hosts"):
        Links(hosts=["https://shop.example"])
