"""Slashes in phone numbers: within one number in many countries, between several in others."""

import re
from itertools import product

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from stores.normalisation.phone import one_phone, phones

DATE = re.compile("[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}")


@pytest.mark.parametrize(
    ("country", "written", "numbers"),
    [
        ("DE", "0170/1234567", ["+491701234567"]),
        ("DE", "030/123456", ["+4930123456"]),
        ("DE", "0170 / 123 45 67", ["+491701234567"]),
        ("DE", "+49 (0)30/123456", ["+4930123456"]),
        ("DE", "+49/30/123456", ["+4930123456"]),
        ("DE", "(0221)/445566", ["+49221445566"]),
        ("DE", "0221/4455667", ["+492214455667"]),
        ("DE", "０２２１／４４５５６６", ["+49221445566"]),
        ("DE", "Tel. 0221/445566 (abends)", ["+49221445566"]),
        ("DE", "0172-5556667 oder 0221/445566", ["+491725556667", "+49221445566"]),
        ("DE", "0172-5556667 / 0221/445566", ["+491725556667", "+49221445566"]),
        ("DE", "0221/445566/0172/5556667", ["+49221445566", "+491725556667"]),
        ("DE", "0221 445566/0172 5556667", ["+49221445566", "+491725556667"]),
        ("AT", "0664/123 45 67", ["+436641234567"]),
        ("AT", "01/512 34 56", ["+4315123456"]),
        ("CH", "044/668 18 00", ["+41446681800"]),
        ("BE", "0475/12.34.56", ["+32475123456"]),
        ("BE", "02/513.89.40", ["+3225138940"]),
        ("PL", "22/621 23 45", ["+48226212345"]),
        ("CN", "010/62130005", ["+861062130005"]),
        ("CN", "021/62130005转801", ["+862162130005;ext=801"]),
        ("CN", "13800138000/13900139000", ["+8613800138000", "+8613900139000"]),
        ("CN", "010-12345678/13800138000", ["+861012345678", "+8613800138000"]),
        ("CN", "13800138000/13900139000/021/62130005", ["+8613800138000", "+8613900139000", "+862162130005"]),
        ("CN", "021-62130005转801/13900139000", ["+862162130005;ext=801", "+8613900139000"]),
        ("CN", "010-12345678/9", ["+861012345678"]),
        ("CN", "12345678/9", []),
        ("DE", "030 123456/9", ["+4930123456"]),
        ("DE", "27/11/2024", []),
        ("AT", "01/12/2024", []),
        ("DE", "2024/11/27", []),
    ],
)
def test_a_slash_belongs_to_the_number_whose_parts_alone_are_none_and_separates_numbers(country, written, numbers):
    assert phones(written, country) == numbers


# every blank and hyphen of every country's example numbers, as it writes them itself and for abroad
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
WAYS = (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL)


@pytest.mark.parametrize("kind", [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE], ids=["landline", "mobile"])
@pytest.mark.parametrize("slash", ["/", " / "])
def test_a_slash_in_place_of_a_hyphen_or_a_blank_changes_nothing_where_no_part_is_a_number(kind, slash):
    looked_at = 0
    for region, way in product(REGIONS, WAYS):
        example = phonenumbers.example_number_for_type(region, kind)
        written = phonenumbers.format_number(example, way) if example else ""
        for sign in re.finditer("(?<=[0-9)])[ -](?=[0-9(])", written):
            before, after = written[: sign.start()], written[sign.end() :]
            if not phones(before, region) and not phones(after, region):
                assert phones(before + slash + after, region) == phones(written, region), (region, written, before)
                looked_at += 1
    assert looked_at > len(REGIONS)


@given(
    country=st.sampled_from(["AT", "BE", "CH", "CN", "DE", "PL"]),
    code=st.from_regex(r"(?:[+]49 \(0\)|0)[1-9][0-9]{1,3}", fullmatch=True),
    parts=st.lists(st.from_regex(r"[1-9][0-9]{1,5}", fullmatch=True), min_size=1, max_size=3),
    sign=st.sampled_from(["-", " "]),
)
def test_so_do_slashes_in_place_of_all_of_them(country, code, parts, sign):
    parts = [code, *parts]
    whole = one_phone(sign.join(parts), country)
    alone = any(phones(part, country) for part in parts)
    if whole and not alone and not DATE.fullmatch("/".join(parts)):
        assert phones("/".join(parts), country) == [whole]
