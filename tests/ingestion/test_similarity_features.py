"""Keyed features: likeness survives, clear text does not."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.contract.table import Column
from ingestion.personal_data.protection import protect_column, reference_part
from ingestion.personal_data.sealed_values import SealedValues
from ingestion.personal_data.similarity_features import HEX_DIGITS, SIMILAR_KINDS, similarity_features
from stores.keyring import Keyring
from stores.normalisation import bare_name, normalise

KEYS = Keyring(b"k" * 32, {"test": b"c" * 32}, "test")
OTHER_KEYS = Keyring(b"o" * 32, {"test": b"c" * 32}, "test")

ABSURD = {
    "empty": "",
    "blank": " \t\u3000\n",
    "emoji": "😀👍🏽",
    "signs": "--- ... ((( ,,, |||",
    "control characters": "\x00\x01\x07\x1b[31m\x7f\u200b\u202e",
    "SQL": "'; drop table customers; --",
    "10 kB": "lorem ipsum " * 850,
    "10 kB of Han": "王" * 3_500,
    "10 kB of digits": "1357924680" * 1_000,
    "the feature separators": "a.b|c.d",
    "digits in full width": "１２３４５６７８９０",
    "right to left": "محمد علي",
}


def features(kind: str, value: str, keyring: Keyring = KEYS) -> list[tuple[str, int]]:
    """Token and filter of each part; ("", 0) for an empty part."""
    text = similarity_features(kind, value, keyring)
    parts = [part.partition(".") for part in text.split("|")] if text else []
    return [(token, int(bits or "0", 16)) for token, _, bits in parts]


def tokens(kind: str, value: str) -> list[str]:
    return [token for token, _ in features(kind, value)]


def likeness(one: str, other: str, kind: str = "address") -> float:
    """Dice coefficient of the filters of two values of one part."""
    [(_, left), (_, right)] = [*features(kind, one), *features(kind, other)]
    return 2 * (left & right).bit_count() / (left.bit_count() + right.bit_count())


@pytest.mark.parametrize(
    ("whole", "given", "family"),
    [
        ("Isaac Jones", "isaac", "jones"),
        ("Jones, Isaac", "isaac", "jones"),
        ("JONES,  ISAAC", "isaac", "jones"),
        ("Dr. Isaac Jones", "isaac", "jones"),
        ("Mary Ann Jones", "maryann", "jones"),
        ("José Álvarez", "jose", "alvarez"),
        ("Ｊｏｓｅ Alvarez", "jose", "alvarez"),
        ("王小明", "xiaoming", "wang"),
        ("王 小明", "xiaoming", "wang"),
        ("王小明先生", "xiaoming", "wang"),
        ("小明王", "xiaoming", "wang"),
        ("汪晓明", "xiaoming", "wang"),
        ("Xiaoming Wang", "xiaoming", "wang"),
        ("欧阳娜娜", "nana", "ouyang"),
        ("Nana Ouyang", "nana", "ouyang"),
        ("买买提·艾力", "maitiaili", "mai"),
        ("Иван Петров", "иван", "петров"),
    ],
)
def test_a_name_has_a_given_and_a_family_part_however_it_is_written(whole, given, family):
    assert tokens("name", whole) == [tokens("given_name", given)[0], tokens("family_name", family)[1]]


def test_two_columns_say_the_same_as_one_and_know_which_part_they_hold():
    assert tokens("given_name", "Isaac") == [tokens("name", "Isaac Jones")[0], ""]
    assert tokens("family_name", "Jones") == ["", tokens("name", "Isaac Jones")[1]]
    assert tokens("family_name", "O'Brien") == tokens("family_name", "o brien") == tokens("family_name", "OBRIEN")


def test_parts_of_a_swapped_name_are_the_same_two_the_other_way_round():
    assert tokens("name", "Wang Xiaoming") == tokens("name", "Xiaoming Wang")[::-1]


@pytest.mark.parametrize("word", ["Madonna", "Mr. Madonna", "madonna"])
def test_a_single_word_counts_as_family_name(word):
    assert tokens("name", word) == ["", tokens("family_name", "madonna")[1]]


def test_a_surname_with_a_title_is_no_name():
    assert similarity_features("name", "李先生", KEYS) is None


def test_bare_names_keep_the_order_of_their_words():
    assert bare_name("  Mr. Li   Lei ") == "li lei"
    assert bare_name("Lei Li") == "lei li"
    assert bare_name("先生") is None


def test_an_email_has_the_part_before_the_at_and_the_whole():
    here, there = tokens("email", "Zhang.San@example.com"), tokens("email", "zhang.san@example.org")
    assert here[0] == there[0]
    assert here[1] != there[1]
    assert tokens("email", "zhang.san@example.com") == here


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("address", "12 Main Street, Flat 3", "12 main street flat 3"),
        ("id_number", "1101 0519-4912-3100-2x", "11010519491231002X"),
        ("any_phone", "138 1234 5678", "+86-13812345678"),
        ("any_phone", "020 7946 0958 12", "(020) 79460958-12"),
        ("given_name", "晓明", "xiaoming"),
    ],
)
def test_equal_parts_have_equal_tokens_and_equal_bits(kind, one, other):
    assert features(kind, one) == features(kind, other) != []


def test_an_unknown_country_s_number_is_known_by_its_last_digits():
    assert normalise("any_phone", "07911 123456") == normalise("any_phone", "(0)7911-123-456") == "911123456"
    assert normalise("any_phone", "12345") is None
    assert normalise("any_phone", "0000000000") is None


def test_another_key_gives_other_tokens_and_other_bits():
    for kind in SIMILAR_KINDS:
        value = "13812345678" if kind == "any_phone" else "alexandra.hamilton@example.com"
        ours, theirs = features(kind, value), features(kind, value, OTHER_KEYS)
        filled = [(one, other) for one, other in zip(ours, theirs, strict=True) if one != ("", 0)]
        assert filled
        for (our_token, our_bits), (their_token, their_bits) in filled:
            assert our_token != their_token
            assert our_bits != their_bits


def test_equal_texts_of_different_kinds_have_different_tokens():
    assert tokens("address", "jones")[0] not in tokens("family_name", "jones")


def test_likeness_falls_with_every_edit_and_strangers_have_little_of_it():
    ladder = ["alexander", "alexandr", "alexndr", "lexndr", "xndr"]
    likenesses = [likeness("alexander", name) for name in ladder]
    assert likenesses == sorted(likenesses, reverse=True)
    assert len(set(likenesses)) == len(likenesses)
    assert likeness("alexander", "alexandra") > 0.6
    assert likeness("catherine", "catehrine") > 0.6
    assert likeness("13812345678", "13812345687") > 0.6
    assert likeness("alexander", "guofeng") < 0.3


WORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz 0123456789王李小明éß"), min_size=1, max_size=40)


@given(one=WORDS, other=WORDS)
def test_likeness_is_symmetric_between_0_and_1_and_1_for_the_same(one, other):
    comparable = [word for word in (one, other) if features("address", word)]
    assert all(likeness(word, word) == 1 for word in comparable)
    if len(comparable) == 2:
        assert 0 <= likeness(one, other) <= 1
        assert likeness(one, other) == likeness(other, one)


@given(kind=st.sampled_from(SIMILAR_KINDS), value=st.text(max_size=60))
def test_any_text_gives_none_or_fixed_parts(kind, value):
    text = similarity_features(kind, value, KEYS)
    assert text == similarity_features(kind, value, KEYS)
    _is_well_formed(text)


@pytest.mark.parametrize("kind", SIMILAR_KINDS)
@pytest.mark.parametrize("value", ABSURD.values(), ids=ABSURD.keys())
def test_absurd_values_give_none_or_a_bounded_text(kind, value):
    _is_well_formed(similarity_features(kind, value, KEYS))


@pytest.mark.parametrize("value", ["", " \t", "😀👍🏽", "--- ...", "\x00\x01\x7f"])
@pytest.mark.parametrize("kind", SIMILAR_KINDS)
def test_what_holds_no_letter_and_no_digit_cannot_be_compared(kind, value):
    assert similarity_features(kind, value, KEYS) is None


@pytest.mark.parametrize("kind", ["name", "address", "id_number", "email"])
def test_nothing_of_the_value_stands_in_its_features(kind):
    value = "1101011990 alexander hamilton@example.com"
    text = similarity_features(kind, value, KEYS)
    for word in ("1101011990", "alexander", "hamilton", value.encode().hex(), b"alexander".hex()):
        assert word not in text


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("name", "Test"),
        ("name", " 测 试 "),
        ("name", "N/A"),
        ("given_name", "unknown"),
        ("family_name", "NULL"),
        ("phone", "13800138000"),
        ("any_phone", "+86 138-0013-8000"),
        ("email", "TEST@test.com"),
        ("id_number", "110101199001011234"),
        ("id_number", "unknown"),
        ("address", "无"),
    ],
)
def test_what_people_type_to_get_past_a_form_has_neither_token_nor_features(kind, value):
    parts = protect_column(pa.array([value]), kind, KEYS)
    assert normalise(kind, value) is None
    assert parts["token"].to_pylist() == [None]
    assert parts[reference_part(kind)].to_pylist() != [None]
    assert parts.get("features", pa.array([None])).to_pylist() == [None]


def test_a_phone_of_any_country_has_the_token_of_a_phone():
    sealed = SealedValues()
    written = pa.array(["0086 138 1234 5678", "+44 20 7946 0958", "0399991234"])
    loose = protect_column(written, "any_phone", KEYS, keep=sealed)
    strict = protect_column(pa.array(["13812345678", "+442079460958", "0399991234"]), "phone", KEYS)
    assert loose["token"].to_pylist()[:2] == strict["token"].to_pylist()[:2]
    assert None not in loose["token"].to_pylist()
    vault = {row["ref"]: row["sealed"] for row in sealed.table().to_pylist()}
    assert KEYS.unseal("phone", vault[loose["token"].to_pylist()[0]]) == "+8613812345678"


def test_lake_columns_hold_the_features_of_each_row():
    values = pa.chunked_array([["王小明", None, "😀"], ["Xiaoming Wang", "王小明"]])
    parts = protect_column(values, "name", KEYS)
    assert tuple(parts) == Column("name").parts == ("token", "ref", "mask", "features")
    kept = parts["features"].to_pylist()
    assert kept[0] == kept[3] == kept[4] == similarity_features("name", "王小明", KEYS)
    assert kept[1] is kept[2] is None
    assert [part is None for part in parts["token"].to_pylist()] == [False, True, False, False, False]
    assert "features" not in protect_column(pa.array(["13812345678"]), "phone", KEYS)
    assert "features" not in Column("phone").parts


def _is_well_formed(text: str | None) -> None:
    if text is None:
        return
    parts = text.split("|")
    assert len(parts) <= 2
    assert any(parts)
    for part in filter(None, parts):
        token, bits = part.split(".")
        assert (len(token), len(bits)) == (16, HEX_DIGITS)
        assert int(bits, 16) > 0
