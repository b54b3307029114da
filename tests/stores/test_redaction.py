"""One redaction for whatever text may hold somebody's number."""

import csv
import io
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.redaction.text_redaction import CUT, RedactingFilter, redact, redact_line

WORDS = Path(__file__).parents[2] / "demo_retailer" / "vocabulary_tables"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("call me on +852 6123 4567", "call me on 【手机】"),
        ("mobile 139.1234.5678 please", "mobile 【手机】 please"),
        ("call 139\u200b1234\u200b5678", "call 【手机】"),
        ("请打１３９-1234-5678或010-66554433", "请打【手机】或【手机】"),
        ("13912345678,13912345679", "【手机】,【手机】"),
        ("1 3 9 1 2 3 4 5 6 7 8", "【手机】"),
        ("139/1234/5678 或 139_1234_5678", "【手机】 或 【手机】"),
        ("+86 (0)139 1234 5678", "【手机】"),
        ("(010) 6655 4433", "【手机】"),
        ("021-62130005转801", "【手机】"),
        ("852-6123-4567", "【手机】"),
        ("+44 (0)20 7946 0958 on 2024-01-05", "【手机】 on 2024-01-05"),
        ("0044 20 7946 0958", "【手机】"),
        ("1.13912345678 2.13912345679", "1.【手机】 2.【手机】"),
        ("张三13912345678.xlsx", "张三【手机】.xlsx"),
        ("?phone=13912345678&x=1", "?phone=【手机】&x=1"),
        ("mail a.b+c@d-e.co.uk.", "mail 【邮箱】."),
        ("13912345678@qq.com", "【邮箱】"),
        ("wang＠例子.中国", "【邮箱】"),
        ("li@bücher.de", "【邮箱】"),
        ("li @ example.com", "【邮箱】"),
        ("my HKID is A123456(7)", "my HKID 【证件】"),
        ("A123456(7)", "【证件】"),
        ("身份证11010519491231002X", "身份证【证件】"),
        ("1101 0519 4912 3100 2x", "【证件】"),
        ("110105-19491231-0020", "【证件】"),
        ("110105491231002", "【证件】"),
        ("1234567(8)", "【证件】"),
        ("护照号：J8369854", "护照号：【证件】"),
        ("E12345678", "【证件】"),
        ("4111 1111 1111 1111", "【银行卡】"),
        ("6222021234567890128", "【银行卡】"),
        ("卡号6228480402564890010", "卡号【银行卡】"),
        ("QQ:123456789", "QQ:【QQ】"),
        ("加我qq号 12345678", "加我qq号 【QQ】"),
        ("微信号abcdef", "微信号【微信】"),
        ("wechat: lin-lin", "wechat: 【微信】"),
        ("加微信linlin_88", "加微信【微信】"),
        ("vx：abc12345", "vx：【微信】"),
        ("wxid_8f7g6h5j", "【微信】"),
    ],
)
def test_what_identifies_somebody_is_replaced_in_any_spelling(text, redacted):
    assert redact(text) == redacted
    assert redact(redacted) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "订单20240105123456，等了3天，价格 1999 元",
        "订单号 202401051234567890",
        "order 1234567890123456789 of 2024-01-05 10:30:00",
        "15.99 20.00 345; 18.11.2024 123; 1300 1400 1500 1600",
        "￥13,812,345,678.00 (0.13812345678)",
        "SKU-10023-AB, 型号A1234567, 货号 E12345678, batch 12345678901",
        "单号SF1234567890123, ISBN 978-7-111-12345-6",
        "400-810-1234, 10086, 192.168.100.200",
        "2026-06-30T10:00:00+08:00, +100 points, 积分+1500",
        "微信支付 wechat pay is great, QQ群很好, 微信号是什么",
        "token a13912345678b0123456789abcdef012 of c_0123456789abcdef",
        "138****1234",
    ],
)
def test_numbers_of_things_stay(text):
    assert redact(text) == text


def test_the_demo_s_comments_and_tickets_stay_as_they_are():
    for name in ("survey_comments", "ticket_texts"):
        text = (WORDS / f"{name}.csv").read_text(encoding="utf-8")
        lines = [line for row in csv.reader(io.StringIO(text)) for line in row]
        assert lines
        assert [redact(line) for line in lines] == lines


def test_elsewhere_the_country_s_own_numbers_are_replaced_too():
    assert redact("call 020 7946 0958", country="GB") == "call 【手机】"
    assert redact("call 6123 4567", country="HK") == "call 【手机】"


@pytest.mark.parametrize("place", range(80, 130))
def test_a_cut_leaves_no_half_of_a_number(place):
    text = "好。" * 50 + "13912345678 " + "好。" * 50
    cut = redact(text, limit=place)
    assert cut.endswith(CUT)
    assert len(cut) <= place + 1
    assert "139" not in cut
    assert redact(text, limit=None).count("【手机】") == 1


def test_a_line_has_no_control_characters_and_a_limited_length():
    assert redact_line("a\x1b[31m\nb 13912345678") == "a [31m b 【手机】"
    assert len(redact_line("好。" * 2000)) <= 501
    assert redact_line(ValueError("13912345678")) == "【手机】"


@given(
    before=st.text(alphabet="好的 ,.;:，。!?\n\t", max_size=12),
    after=st.text(alphabet="好的 ,;:，。!?\n\t", max_size=12),
)
@pytest.mark.parametrize(
    "value", ["13912345678", "+85261234567", "wang@fabrikam.cn", "11010519491231002X", "A123456(3)"]
)
def test_no_words_around_it_hide_a_number(value, before, after):
    assert value not in redact(before + value + after)


def test_log_records_and_their_exceptions_are_redacted():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("redaction")
    logger.addHandler(handler)
    try:
        raise ValueError("cannot read 13912345678")
    except ValueError:
        logger.exception("file of %s", "wang@fabrikam.cn")
    assert "139" not in stream.getvalue()
    assert "wang" not in stream.getvalue()
    assert "ValueError" in stream.getvalue()


@pytest.mark.parametrize(
    "piece", ["1 ", "a@", "1", "+1 ", "微信", "( ", "qq ", "13912345678 ", "1-", "护照 1", "ab@cd."]
)
def test_the_work_grows_with_the_length_and_no_faster(piece):
    assert isinstance(redact(piece * (20_000 // len(piece)), limit=None), str)
