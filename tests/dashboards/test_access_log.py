"""Looks at people in the app: written down without what was typed, and not faster than people are."""

import pytest
from sqlalchemy import select

from stores.operations import audit_log, engine, reading
from stores.settings import load_settings
from tests.testing import small_publication

CUSTOMER = f"c_{7:016x}"


def looks():
    with reading(engine(load_settings())) as connection:
        return connection.execute(select(audit_log).order_by(audit_log.c.audit_id)).all()


def text_of(app):
    return "".join(block.proto.body for block in app.get("html"))


def test_a_search_and_a_customer_opened_are_written_down_once_and_without_what_was_typed(published, open_app):
    name, phone, _ = small_publication.clear_identity(7)
    app = open_app("customer")
    assert looks() == []
    app.text_input(key="search_text").set_value(phone).run()
    app.run()
    kinds = [(look.actor, look.action, look.subject_type, look.subject) for look in looks()]
    assert kinds == [("app", "view", "search", "token phone"), ("app", "view", "customer", CUSTOMER)]
    written = repr(looks())
    assert phone[3:] not in written
    assert name not in written


def test_nobody_is_shown_faster_than_the_limit_allows(published, open_app, monkeypatch, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("[guanxi]\nlooks_per_minute = 2\n")
    monkeypatch.setenv("GUANXI_CONFIG", str(config))
    first = open_app("customer", "en", id=CUSTOMER)
    assert CUSTOMER in text_of(first)
    assert CUSTOMER in text_of(open_app("customer", "en", id=CUSTOMER))
    for _ in range(3):
        refused = open_app("customer", "en", id=CUSTOMER)
        assert "Too many looks" in text_of(refused)
        assert CUSTOMER not in text_of(refused)
    assert [look.action for look in looks()] == ["view", "view", "refuse"]


def test_what_cannot_be_written_down_is_not_shown(published, open_app, monkeypatch, tmp_path):
    monkeypatch.setenv("GUANXI_OPERATIONS_URL", f"sqlite:///{tmp_path}")
    app = open_app("customer", "en", id=CUSTOMER)
    assert CUSTOMER not in text_of(app)
    assert "operations store" in text_of(app)


def test_a_list_of_people_shows_four_digits_of_a_number(published, open_app):
    app = open_app("customer")
    shown = [mask for frame in app.dataframe for mask in frame.value["phone_mask"].dropna()]
    assert shown
    assert all(sum(sign.isdigit() for sign in mask) <= 4 for mask in shown)


@pytest.mark.parametrize("typed", ["5678", "138****5678", "Lin Daiyu", "lin@example.com", "M0001"])
def test_no_typed_value_is_in_the_audit_log(published, open_app, typed):
    app = open_app("customer")
    app.text_input(key="search_text").set_value(typed).run()
    assert looks()
    assert typed not in repr(looks())
