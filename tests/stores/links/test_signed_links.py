"""Signed links: nobody but the installation makes one, and none is accepted after a change or its time."""

import base64
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.keyring import make_keyring
from stores.links.signed_links import CLICK, UNSUBSCRIBE, LinkRefused, LinkSigner, SignedLink

NOW = datetime(2026, 6, 30, 2, 0, tzinfo=UTC)
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def link(target: str = "https://shop.example/?a=1#b", days: int = 60, purpose: str = CLICK) -> SignedLink:
    return SignedLink("d_" + "0" * 32, purpose, target, NOW + timedelta(days=days))


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> LinkSigner:
    return LinkSigner(make_keyring(tmp_path_factory.mktemp("keys") / "keyring.json"))


@given(target=st.text(max_size=200), delivery_id=st.text(min_size=1, max_size=60), seconds=st.integers(1, 10**9))
def test_what_was_signed_is_read_again(signer: LinkSigner, target: str, delivery_id: str, seconds: int) -> None:
    said = SignedLink(delivery_id, CLICK, target, NOW + timedelta(seconds=seconds))
    assert signer.read(signer.sign(said), CLICK, NOW) == said


@given(place=st.integers(0, 10_000), letter=st.sampled_from(BASE64URL + ".= +/%"))
def test_whoever_changes_one_letter_is_refused(signer: LinkSigner, place: int, letter: str) -> None:
    token = signer.sign(link())
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(LinkRefused):
            signer.read(changed, CLICK, NOW)


def test_every_letter_at_the_end_but_the_one_is_refused(signer: LinkSigner) -> None:
    token = signer.sign(link())
    accepted = []
    for letter in BASE64URL:
        try:
            signer.read(token[:-1] + letter, CLICK, NOW)
            accepted.append(letter)
        except LinkRefused:
            continue
    assert accepted == [token[-1]]


@given(
    text=st.one_of(st.text(max_size=300), st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode()))
)
def test_anything_else_is_refused_and_nothing_worse(signer: LinkSigner, text: str) -> None:
    for token in (text, f"{text}.{text}", signer.sign(link()) + text if text else "."):
        with pytest.raises(LinkRefused):
            signer.read(token, CLICK, NOW)


def test_a_link_that_is_cut_off_or_longer_is_refused(signer: LinkSigner) -> None:
    token = signer.sign(link())
    for changed in (*(token[:length] for length in range(len(token))), token + "A", token + ".", "A" * 100_000):
        with pytest.raises(LinkRefused):
            signer.read(changed, CLICK, NOW)


def test_a_link_is_refused_from_its_last_moment_on(signer: LinkSigner) -> None:
    token = signer.sign(link(days=1))
    last = NOW + timedelta(days=1)
    assert signer.read(token, CLICK, last - timedelta(seconds=1)).target == "https://shop.example/?a=1#b"
    for late in (last, last + timedelta(days=400)):
        with pytest.raises(LinkRefused, match="too old"):
            signer.read(token, CLICK, late)


def test_a_link_to_click_does_not_unsubscribe(signer: LinkSigner) -> None:
    with pytest.raises(LinkRefused, match="something else"):
        signer.read(signer.sign(link()), UNSUBSCRIBE, NOW)
    unsubscribe = signer.sign(link(target="", purpose=UNSUBSCRIBE))
    assert signer.read(unsubscribe, UNSUBSCRIBE, NOW).delivery_id == "d_" + "0" * 32


def test_another_installation_refuses_it(signer: LinkSigner, tmp_path: Path) -> None:
    other = LinkSigner(make_keyring(tmp_path / f"{secrets.token_hex(4)}.json"))
    with pytest.raises(LinkRefused):
        other.read(signer.sign(link()), CLICK, NOW)
