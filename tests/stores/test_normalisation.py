"""Normal forms and masks: one value, one form, however it is written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.suites.raw_privacy import CLEAR_DIGITS_PATTERN, MASKED_PATTERN
from stores.normalisation import is_placeholder, line_type, mask, normalise, normalise_all

KINDS = ("phone", "any_phone", "email", "name", "given_name", "family_name", "id_number", "address")
MOBILE = "+8613711313007"


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("13711313007(微信同号)", [MOBILE]),
        ("13711313007 王女士", [MOBILE]),
        ("手机：137-1131-3007", [MOBILE]),
        ("Tel. 13711313007", [MOBILE]),
        ("tel:+8613711313007", [MOBILE]),
        ("'13711313007", [MOBILE]),
        ('="13711313007"', [MOBILE]),
        ("137.1131.3007", [MOBILE]),
        ("(137) 1131 3007", [MOBILE]),
        ("137\u200b1131\u200b3007", [MOBILE]),
        ("\ufeff１３７１１３１３００７", [MOBILE]),
        ("+86 (0)137 1131 3007", [MOBILE]),
        ("13711313007.0", [MOBILE]),
        ("1.3711313007E+10", [MOBILE]),
        ("13,711,313,007", [MOBILE]),
        ("13711313007/13711313093", [MOBILE, "+8613711313093"]),
        ("13711313007,13711313093", [MOBILE, "+8613711313093"]),
        ("13711313007，13711313093；021-62130005", [MOBILE, "+8613711313093", "+862162130005"]),
        ("13711313007、13711313093", [MOBILE, "+8613711313093"]),
        ("13711313007 | 13711313093", [MOBILE, "+8613711313093"]),
        ("13711313007或13711313093", [MOBILE, "+8613711313093"]),
        ("13711313007 or 13711313093", [MOBILE, "+8613711313093"]),
        ("13711313007 13711313093", [MOBILE, "+8613711313093"]),
        ("137 1131 3007 137 1131 3093", [MOBILE, "+8613711313093"]),
        ("13711313007-13711313093", [MOBILE, "+8613711313093"]),
        ("13711313007/13711313007", [MOBILE]),
        ("021-62130005转801", ["+862162130005;ext=801"]),
        ("(021) 6213 0005 ext. 801", ["+862162130005;ext=801"]),
        ("021-62130005-801", ["+862162130005;ext=801"]),
        ("021-62130005 分机：801", ["+862162130005;ext=801"]),
        ("852-6123-4567", ["+85261234567"]),
        ("(852) 6123 4567", ["+85261234567"]),
        ("85261234567", ["+85261234567"]),
        ("0044 20 7946 0958", ["+442079460958"]),
        ("+44 (0)20 7946 0958", ["+442079460958"]),
        ("1-415-555-2671", ["+14155552671"]),
    ],
)
def test_every_number_in_a_field_is_found_however_it_is_written(written, numbers):
    assert normalise_all("phone", written) == numbers
    assert normalise("phone", written) == numbers[0]


@pytest.mark.parametrize(
    "written",
    ["1.37111E+10", "1.371131E+10", "137113130071", "330106199003070011", "62130005", "QQ13711313001", "无", "", "120"],
)
def test_what_has_lost_digits_or_is_no_number_is_no_number(written):
    assert normalise_all("phone", written) == []


def test_numbers_without_a_country_code_are_those_of_the_home_country():
    assert normalise("phone", "020 7946 0958", "GB") == "+442079460958"
    assert normalise("phone", "6123 4567", "HK") == "+85261234567"
    assert normalise("phone", "13711313007", "HK") is None
    assert normalise("phone", "+86 13711313007", "HK") == MOBILE


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (MOBILE, "mobile"),
        ("+85261234567", "mobile"),
        ("+862162130005", "landline"),
        ("+862162130005;ext=801", "landline"),
        ("+864008101234", "service"),
        ("+8613711313007;ext=1234", "service"),
        ("+14155552671", "unknown"),
        ("62130005", "unknown"),
    ],
)
def test_the_numbering_plan_tells_what_kind_of_line_it_is(number, kind):
    assert line_type(number) == kind


@pytest.mark.parametrize(
    "written",
    [
        "wang@fabrikam.cn,",
        "wang@fabrikam.cn;",
        "wang@fabrikam.cn。",
        "<wang@fabrikam.cn>",
        "mailto:wang@fabrikam.cn",
        "mailto:wang@fabrikam.cn?subject=hello",
        "Lin <wang@fabrikam.cn>",
        '"Lin, A." <Wang@Fabrikam.CN>',
        "wang@fabrikam.cn\u200b",
        "\ufeffwang@fabrikam.cn",
        "wang＠fabrikam.cn",
        "wang@fabrikam。cn",
        "'wang@fabrikam.cn'",
        "邮箱：wang@fabrikam.cn（工作）",
        "邮箱wang@fabrikam.cn",
        '"wang"@fabrikam.cn',
        "wang(work)@fabrikam.cn",
        "wang@(work)fabrikam.cn",
        "mailto:wang%40fabrikam.cn",
        "wang @ fabrikam.cn",
    ],
)
def test_one_address_has_one_clean_form_however_it_is_written(written):
    assert normalise_all("email", written) == ["wang@fabrikam.cn"]


def test_an_address_in_its_own_script_is_the_one_in_punycode():
    assert normalise("email", "li@例子.中国") == normalise("email", "LI@xn--fsqu00a.xn--fiqs8s") is not None
    assert normalise("email", "li@bücher.de") == "li@xn--bcher-kva.de"
    assert normalise("email", "li@straße.de") != normalise("email", "li@strasse.de")


def test_of_several_addresses_each_is_kept_once():
    written = "A@fabrikam.cn/b@fabrikam.cn，c@fabrikam.cn或d@fabrikam.cn a@fabrikam.cn"
    assert normalise_all("email", written) == [f"{name}@fabrikam.cn" for name in "abcd"]


@pytest.mark.parametrize(
    "written",
    [
        '"lin wang"@fabrikam.cn',
        "wang.@fabrikam.cn",
        "li..wang@fabrikam.cn",
        "wang at fabrikam.cn",
        "a@b",
        "@b.cn",
        "a@@b.cn",
        "a@1.2.3.4",
        "a@b..cn",
        "a@b,cn",
    ],
)
def test_what_cannot_be_written_to_is_no_address(written):
    assert normalise("email", written) is None


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("11010519491231002x", "11010519491231002X"),
        ("110105 19491231 002X", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),
        ("A123456(3)", "A1234563"),
        ("a123456 (3)", "A1234563"),
        ("AB987654(3)", "AB9876543"),
        ("A123456789", "A123456789"),
        ("1234567(8)", "12345678"),
        ("E12345678", "E12345678"),
        ("护照J8369854", "J8369854"),
        ("護照 AB123456", "AB123456"),
        ("Passport No. M1234567", "M1234567"),
        ("EA1234567", "EA1234567"),
        ("C01X00T47", "C01X00T47"),
        ("台胞证 08002345", "08002345"),
        ("回乡证：H1234567801", "H1234567801"),
        ("身份证号 11010519491231002X", "11010519491231002X"),
        ("ID: 110105491231002", "11010519491231002X"),
        ("5/234567/1", "52345671"),
    ],
)
def test_a_right_id_number_has_one_form(written, form):
    assert normalise("id_number", written) == form


@pytest.mark.parametrize(
    "written",
    [
        "330106199003070000",
        "330106199003070000.0",
        "3.30106E+17",
        "110105194912310021",
        "11010519491331002X",
        "990105194912310020",
        "110105491231000",
        "110105491331002",
        "A123456(7)",
        "A1234567",
        "A123456788",
        "11010519491231002",
        "0000000000",
        "123456",
        "12345678",
        "XA1234567",
        "护照",
        "护照 12345678",
        "身份证",
    ],
)
def test_a_wrong_or_rounded_id_number_is_nobodys(written):
    assert normalise("id_number", written) is None


def test_names_and_addresses_lose_invisible_characters():
    assert normalise("name", "王\u200b小\ufeff明") == "王小明"
    assert normalise("address", "杭州市\u200d西湖区 1 号") == "杭州市西湖区 1 号"


def test_a_placeholder_is_one_in_any_spelling_and_does_not_hide_a_number_beside_it():
    assert is_placeholder("phone", "138-0013-8000")
    assert is_placeholder("id_number", "123456789012345678")
    assert normalise_all("phone", "13800138000/13711313007") == [MOBILE]


@pytest.mark.parametrize("kind", ["phone", "any_phone", "email", "id_number"])
@pytest.mark.parametrize(
    "written", ["n/a", "N/A", "#N/A", "无", "暂无", "-", "--", "/", "？", "NULL", "00000000000", "123456"]
)
def test_what_fills_a_field_and_says_nothing_is_a_placeholder_of_every_identifier(kind, written):
    assert normalise_all(kind, written) == []
    assert is_placeholder(kind, written)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("phone", "010-00000000"),
        ("phone", "138 0000 0000 ext 5"),
        ("phone", "99999999999"),
        ("email", "TEST@test.com"),
        ("id_number", "123456789012345678"),
    ],
)
def test_so_is_what_only_looks_like_one(kind, written):
    assert is_placeholder(kind, written)


@pytest.mark.parametrize(
    ("kind", "written"),
    [("phone", "1371131300"), ("phone", "13711313007"), ("phone", "请致电前台"), ("email", "wang at fabrikam.cn"),
     ("id_number", "330106199003070000"), ("name", "娜"), ("family_name", "na")],
)  # fmt: skip
def test_what_says_something_is_none_be_it_readable_or_not(kind, written):
    assert not is_placeholder(kind, written)


@pytest.mark.parametrize("written", ["١٣٧١١٣١٣٠٠٧", "۱۳۷۱۱۳۱۳۰۰۷", "१३७११३१३००७", "１３７１１３１３００７"])
def test_the_digits_of_every_script_are_digits(written):
    assert normalise("phone", written) == MOBILE


@pytest.mark.parametrize(
    ("country", "written", "number"),
    [
        ("KR", "010-1234-5678", "+821012345678"),
        ("KR", "+82 (0)10-1234-5678", "+821012345678"),
        ("JP", "０９０－１２３４－５６７８", "+819012345678"),
        ("IN", "098765 43210", "+919876543210"),
        ("BR", "(11) 98765-4321", "+5511987654321"),
        ("BR", "0 15 11 98765-4321", "+5511987654321"),
    ],
)
def test_numbers_are_read_by_the_habits_of_the_home_country(country, written, number):
    assert normalise_all("phone", written, country) == [number]


def test_a_domain_of_digits_is_masked():
    assert mask("email", "x@10086.cn") == "x***@10**.cn"


@given(
    kind=st.sampled_from(KINDS), value=st.text(max_size=60) | st.from_regex(r"[0-9０-９@.,a ]{1,40}", fullmatch=True)
)
def test_no_mask_ever_fails_the_gate(kind, value):
    for shown in (mask(kind, value), *(mask(kind, form) for form in normalise_all(kind, value))):
        assert re.search(MASKED_PATTERN, shown)
        assert not re.search(CLEAR_DIGITS_PATTERN, shown)


@given(
    value=st.from_regex(r"[+]?[0-9 ().,/转x-]{7,30}", fullmatch=True) | st.from_regex(r"[^@]{1,9}@[^@]{1,9}[.][a-z]{2}")
)
def test_the_one_form_of_a_phone_or_an_address_is_its_own_form(value):
    for kind in ("phone", "email"):
        for form in normalise_all(kind, value):
            assert normalise_all(kind, form) == [form]


@given(spelled=st.from_regex(r"(\+86 ?|0086|86)?1[3-9][0-9] ?-?[0-9]{4} ?-?[0-9]{4}", fullmatch=True))
def test_a_mobile_number_in_any_grouping_is_one(spelled):
    digits = re.sub("[^0-9]", "", spelled)[-11:]
    forms = normalise_all("phone", spelled)
    assert forms == ([] if is_placeholder("phone", digits) else [f"+86{digits}"])
