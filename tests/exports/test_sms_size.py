"""How long a text message is, by the letters in it."""

import pytest

from exports.policy.sms_size import GSM, UCS2, sms_parts, sms_size


@pytest.mark.parametrize(
    ("text", "encoding", "characters", "parts"),
    [
        ("a" * 160, GSM, 160, 1),
        ("a" * 161, GSM, 161, 2),
        ("a" * 306, GSM, 306, 2),
        ("a" * 307, GSM, 307, 3),
        ("€" * 80, GSM, 160, 1),
        ("字" * 70, UCS2, 70, 1),
        ("字" * 71, UCS2, 71, 2),
        ("字" * 134, UCS2, 134, 2),
        ("字" * 135, UCS2, 135, 3),
        ("😀" * 35, UCS2, 70, 1),
    ],
)
def test_a_text_is_counted_in_parts_as_it_is_charged(text: str, encoding: str, characters: int, parts: int) -> None:
    size = sms_size(text)
    assert (size.encoding, size.characters, size.parts) == (encoding, characters, parts)
    assert sms_parts(text) == parts


@pytest.mark.parametrize("wide", ["€", "😀"])
def test_a_letter_of_two_units_is_never_cut_in_two(wide: str) -> None:
    room, filler = (153, "a") if wide == "€" else (67, "字")
    text = filler * (room - 1) + wide + filler * (room - 2)
    assert len(filler * (room - 1)) + 2 + room - 2 == 2 * room - 1, "by length alone it would fit into two"
    assert sms_size(text).parts == 2
    assert sms_size(text + filler * 2).parts == 3


def test_the_letters_that_make_a_text_long_are_named_once() -> None:
    assert sms_size("Olá, é “já” — já").forced_by == "á“”—"
    assert sms_size("Plain text, 5 £ off: {code}").forced_by == ""
