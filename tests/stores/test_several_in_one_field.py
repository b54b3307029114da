"""Several phones or e-mails in one field: each is read, none is glued to another, and what is left over is noticed."""

import pytest

from stores.normalisation import has_unread_part, normalise_all

TWO = {
    "CN": (["+8613711313003", "+8613911390009"], "137 1131 3003{}13911390009", "13711313003{}139-1139-0009"),
    "NL": (["+31612345678", "+31206234567"], "+31 6 12345678{}020-6234567", "0612345678{}020 6234567"),
    "US": (["+12125550123", "+14155550199"], "(212) 555-0123{}415-555-0199", "2125550123{}4155550199"),
    "BR": (["+5511912345678", "+551131234567"], "(11) 91234-5678{}(11) 3123-4567", "11912345678{}1131234567"),
    "FR": (["+33612345678", "+33123456789"], "06 12 34 56 78{}01 23 45 67 89", "0612345678{}0123456789"),
    "KR": (["+821012345678", "+821023456789"], "010-1234-5678{}010-2345-6789", "01012345678{}01023456789"),
}


@pytest.mark.parametrize("between", [" / ", "/", "; ", ", ", "、", "，", " ", " - ", "\n", "\\", "｜", " & ", "("])
@pytest.mark.parametrize("country", TWO)
def test_each_of_two_numbers_is_read_whatever_stands_between(country, between):
    numbers, *spellings = TWO[country]
    for spelling in spellings:
        written = spelling.format(between) + (")" if between == "(" else "")
        assert normalise_all("phone", written, country) == numbers
        assert not has_unread_part("phone", written, country)


@pytest.mark.parametrize(
    "between",
    [", ", ",", "; ", " ", "/", "|", "、", "，", "\n", "\t", " or ", "或", "&", "+", "=", "#", "·", "。", "?cc="],
)
def test_each_of_two_addresses_is_read_whatever_stands_between(between):
    written = f"a@b.example{between}c@d.example"
    assert normalise_all("email", written) == ["a@b.example", "c@d.example"]
    assert not has_unread_part("email", written)


@pytest.mark.parametrize("between", ["", ".", "-", "_"])
def test_addresses_of_which_nobody_can_tell_where_the_first_ends_are_none(between):
    written = f"a@b.example{between}c@d.example"
    assert normalise_all("email", written) == []
    assert normalise_all("email", f"{written}, e@f.example") == ["e@f.example"]
    assert has_unread_part("email", f"{written}, e@f.example")


def test_numbers_without_anything_between_are_none():
    assert normalise_all("phone", "1371131300313911390009") == []


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("phone", "13711313003 / 1391139000", True),
        ("phone", "13711313003, QQ 123456789", True),
        ("phone", "021-62130005、62130006", True),
        ("phone", "13711313003 1391139000", True),
        ("phone", "021-62130005/06", False),
        ("phone", "021-62130005转801", False),
        ("phone", "13711313003 2024-01-05", False),
        ("phone", "13711313003 (20240105)", False),
        ("phone", "0086 137 1131 3003 0086 139 1139 0009", False),
        ("phone", "13711313003(微信同号) 2号楼301室", False),
        ("any_phone", "13711313003 / 1391139000", True),
        ("email", "a@b.example, c@d", True),
        ("email", "a@b.example a@b.example", False),
        ("email", "Lin <a@b.example>", False),
        ("name", "王 / 李", False),
    ],
)
def test_what_looks_like_one_more_and_cannot_be_read_is_noticed(kind, written, expected):
    assert has_unread_part(kind, written) == expected
