import traceback

import pyarrow as pa
import pytest

from ingestion.contract import contract_sql
from ingestion.personal_data.protection import protect_column
from ingestion.personal_data.sealed_values import SealedValues
from stores.keyring import make_keyring
from stores.normalisation import mask, normalise
from stores.redaction.text_redaction import redact


@pytest.fixture
def keyring(tmp_path):
    return make_keyring(tmp_path / "keyring.json")


@pytest.mark.parametrize(
    "written",
    [
        "13812345678",
        "+86 138-1234-5678",
        "0086 13812345678",
        "86138 1234 5678",
        "１３８１２３４５６７８",
        "（+86）138 1234 5678",
        "138\u00a01234\u20115678",
    ],
)
def test_one_mobile_number_has_one_form_however_it_is_written(written):
    assert normalise("phone", written) == "+8613812345678"


def test_landlines_and_foreign_numbers_are_phones_too_and_nonsense_is_not():
    assert normalise("phone", "010-66554433") == "+861066554433"
    assert normalise("phone", "+44 20 7946 0958") == "+442079460958"
    assert normalise("phone", "12345") is None
    assert normalise("phone", "无") is None


def test_other_identifiers_are_normalised():
    assert normalise("email", "  Ｗang.Li@Example.COM ") == "wang.li@example.com"
    assert normalise("email", "wang at example.com") is None
    assert normalise("name", "  王  小明 先生") == "王小明"
    assert normalise("name", "Mr. Li  Lei") == normalise("name", "LEI Li") == "lei li"
    assert normalise("name", "李先生") is None
    assert normalise("name", "先生") is None
    assert normalise("id_number", "11010519491231002x") == "11010519491231002X"
    assert normalise("id_number", "0000000000") is None


def test_masks_show_little():
    assert mask("phone", "+8613812341234") == "138****1234"
    assert mask("email", "zhang@example.com") == "z***@example.com"
    assert mask("name", "王小明") == "王*"
    assert mask("phone", None) == "****"


def test_equal_people_get_equal_tokens_and_the_vault_has_what_is_sent_to_and_what_was_written(keyring):
    given = pa.chunked_array([["138 1234 5678", None], ["+8613812345678", "oops"]])
    sealed = SealedValues()
    parts = protect_column(given, "phone", keyring, keep=sealed)
    tokens, refs, masks = (parts[name].to_pylist() for name in ("token", "source_ref", "mask"))
    assert tokens[0] == tokens[2] == keyring.token("phone", "+8613812345678")
    assert tokens[1] is refs[1] is masks[1] is None
    assert tokens[3] is refs[2] is None
    vault = {row["ref"]: keyring.unseal("phone", row["sealed"]) for row in sealed.table().to_pylist()}
    assert vault == {tokens[0]: "+8613812345678", refs[0]: "138 1234 5678", refs[3]: "oops"}
    assert masks == ["138****5678", None, "138****5678", "****"]


def test_references_tell_no_more_than_tokens_do(keyring):
    given = pa.array(["oops", "n/a", "138 1234 5678", "13812345678"])
    one, other = (protect_column(given, "phone", keyring)["source_ref"].to_pylist() for _ in range(2))
    assert one[2:] == other[2:]
    assert not {*one[:2]} & {*other[:2]}  # without a token, nothing can tell that they are equal
    assert one[2] == keyring.token("phone", "138 1234 5678")


def test_free_text_keeps_its_words_and_loses_its_identifiers():
    text = "请打１３８-1234-5678或010-66554433，邮箱 a.b@c.example.com，身份证110101199003074514，订单20240105123456。"
    assert redact(text) == "请打【手机】或【手机】，邮箱 【邮箱】，身份证【证件】，订单20240105123456。"
    assert redact("等了3天，价格 1999 元") == "等了3天，价格 1999 元"


def test_a_value_that_defies_the_tokeniser_is_named_by_place_and_never_shown(desk, monkeypatch, caplog):
    trade = desk()
    trade.drop("orders_1.csv", "订单号,手机\n1,13812345678\n2,13912345678\n")

    def break_at_the_second(values, *arguments):
        if "13912345678" in values.to_pylist():
            raise ValueError("13912345678 is odd")
        return protect_column(values, *arguments)

    monkeypatch.setattr(contract_sql, "protect_column", break_at_the_second)
    with pytest.raises(contract_sql.Unprotected, match=r"orders.phone: the value in line 3 of orders_1.csv") as broken:
        trade.ingest()
    assert "13912345678" not in "".join(traceback.format_exception(broken.value)) + caplog.text
