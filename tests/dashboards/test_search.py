"""Finding a customer: every way of asking, and nothing clear left behind."""

import pytest

from serving.customers import FOUND_SHOWN
from serving.search_terms import understand
from stores.key_record import open_keyring
from stores.normalisation import normalise
from tests.testing import small_publication

NUMBER = 7


def search(app, text):
    app.text_input(key="search_text").set_value(text).run()
    assert not app.exception
    return app


WAYS = {
    "E.164": lambda name, phone, email: phone,
    "national": lambda name, phone, email: phone[3:],
    "spaced": lambda name, phone, email: f"{phone[3:6]} {phone[6:10]} {phone[10:]}",
    "double zero": lambda name, phone, email: f"0086-{phone[3:]}",
    "full width": lambda name, phone, email: phone[3:].translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "e-mail": lambda name, phone, email: email.upper(),
    "name with title": lambda name, phone, email: f"{name}先生",
    "customer id": lambda name, phone, email: f"c_{NUMBER:016x}",
    "mask": lambda name, phone, email: f"{phone[3:6]}****{phone[-4:]}",
    "mask as it is listed, with fewer stars": lambda name, phone, email: f"{phone[3:6]}***{phone[-4:]}",
    "stars and the last digits": lambda name, phone, email: f"****{phone[-4:]}",
    "customer id in capitals": lambda name, phone, email: f"C_{NUMBER:016X}",
    "tail": lambda name, phone, email: phone[-4:],
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_customer_is_found_however_it_is_asked(published, open_app, way):
    app = search(open_app("customer"), way(*small_publication.clear_identity(NUMBER)))
    listed = [customer_id for frame in app.dataframe for customer_id in frame.value["customer_id"]]
    assert f"c_{NUMBER:016x}" in [*listed, asked(app)]


def asked(app):
    """The id in the address of the page."""
    value = app.query_params.get("id")
    return value[0] if isinstance(value, list) else value


def test_member_number_and_retired_id_find_the_customer(published, open_app, ask):
    member_no, customer_id = ask("select member_no, customer_id from marts.customers where member_no is not null")[0]
    retired, present = ask("select retired_customer_id, customer_id from marts.customer_id_redirects limit 1")[0]
    assert asked(search(open_app("customer"), member_no)) == customer_id
    assert asked(search(open_app("customer"), retired)) == present


def test_the_id_of_a_source_record_finds_its_customer(published, open_app, ask):
    record, customer_id = ask("select source_profile_id, customer_id from marts.customer_profiles order by all")[0]
    assert asked(search(open_app("customer"), record)) == customer_id


def test_more_than_the_list_shows_is_said_so(published, open_app, ask):
    mask = ask("select name_mask from marts.customers group by all order by count(*) desc, 1 limit 1")[0][0]
    assert ask("select count(*) from marts.customers where name_mask = ?", mask)[0][0] > FOUND_SHOWN
    app = search(open_app("customer", "en"), mask)
    assert [caption.value for caption in app.caption if f"{FOUND_SHOWN} or more found" in caption.value]


def test_what_cannot_be_understood_is_not_told_as_missing_keys(published, open_app):
    shown = "".join(block.proto.body for block in search(open_app("customer", "en"), "??? 12").get("html"))
    assert "no phone number, e-mail, name, member number or id" in shown
    assert "keyring" not in shown


def test_what_was_typed_is_gone_after_the_search(published, open_app, caplog):
    _, phone, _ = small_publication.clear_identity(NUMBER)
    national = phone.removeprefix("+86")
    with caplog.at_level("DEBUG"):
        app = search(open_app("customer"), national)
        unknown = search(open_app("customer"), "13999999999")
    for opened, clear in ((app, national), (unknown, "13999999999")):
        assert clear not in repr(opened.session_state)
        assert clear not in str(opened.query_params)
        assert clear not in "".join(block.proto.body for block in opened.get("html"))
    assert national not in caplog.text
    assert "13999999999" not in caplog.text


def test_nobody_found_is_said_so(published, open_app):
    app = search(open_app("customer", "en"), "13999999999")
    assert "Nobody found" in "".join(block.proto.body for block in app.get("html"))


def test_without_a_keyring_none_is_made_and_masks_still_work(published, open_app, monkeypatch, tmp_path):
    missing = tmp_path / "keyring.json"
    monkeypatch.setenv("GUANXI_KEYRING", str(missing))
    app = search(open_app("customer"), "13800055433")
    assert "此处没有密钥文件" in "".join(block.proto.body for block in app.get("html"))
    assert not missing.exists()
    assert asked(search(open_app("customer"), WAYS["mask"](*small_publication.clear_identity(NUMBER))))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *[
            ("phone", text)
            for text in (
                "138 0013 8001",
                "0086 13800138001",
                "１３８００１３８００１",
                "010-62551234",
                "+44 20 7946 0958",
            )
        ],
        *[("name", text) for text in ("王伟", "李小姐小姐", "Mr. John  SMITH", "欧阳 娜娜", "Ｊｏｈｎ", "Dr Wang")],
        ("email", "Zoe@Example.com"),
        ("id_number", "11010519491231002X"),
    ],
)
def test_tokens_are_those_of_ingestion(settings, kind, text):
    keyring = open_keyring(settings)
    lookups = understand(text, keyring).lookups
    assert keyring.token(kind, normalise(kind, text)) in [lookup.value for lookup in lookups if lookup.how == "token"]


def test_blank_asks_for_nothing(settings):
    assert understand("  ", open_keyring(settings)) is None


def test_what_is_no_identifier_is_neither_looked_up_nor_shown(settings):
    search = understand("somebody340#example.com", open_keyring(settings))
    assert search.lookups == ()
    assert search.shown == "s…"


@pytest.mark.parametrize("text", ["660820164", "796-869-474", "698 081 635", "tel. 532 969 464", "22 621 02 41"])
def test_a_number_as_the_installations_country_writes_it_is_the_token_of_ingestion(settings, text):
    keyring = open_keyring(settings)
    (lookup,) = understand(text, keyring, "PL").lookups
    assert lookup.value == keyring.token("phone", normalise("phone", text, "PL"))


@pytest.mark.parametrize("text", ["226210241", "vet:660820164"])
def test_what_may_be_a_member_number_too_is_looked_up_as_both(settings, text):
    phone, account = understand(text, open_keyring(settings), "PL").lookups
    assert (phone.kind, account.how, account.value) == ("phone", "account", text)
