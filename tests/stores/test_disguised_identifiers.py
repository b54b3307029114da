"""What people write so that no machine finds it is found; what only looks like it stays."""

import pytest

from stores.redaction.text_redaction import redact

PHONE, EMAIL, CARD, WECHAT, QQ = "【手机】", "【邮箱】", "【银行卡】", "【微信】", "【QQ】"


@pytest.mark.parametrize(
    "written",
    [
        "一三七一一三一三零零一", "幺三七幺幺三幺三零零幺", "137 一一三一 3001", "١٣٧١١٣١٣٠٠١", "137*1131*3001",
        "137一1131一3001", "137，1131，3001", "1371131300l", "13711313OO1", "l3711313001", "137\u200b1131\u200b3001",
        "①③⑦①①③①③⓪⓪①", "+82 10-1234-5678", "+55 (11) 98765-4321", "+91 98765 43210",
    ],
)  # fmt: skip
def test_a_number_in_disguise_is_a_number(written: str) -> None:
    assert redact(f"请打 {written}，谢谢") == f"请打 {PHONE}，谢谢"


@pytest.mark.parametrize(
    "written",
    [
        "lin(at)fabrikam.cn", "lin [at] fabrikam [dot] cn", "lin at fabrikam dot cn", "lin#fabrikam.cn",
        "lin%40fabrikam.cn", "lin艾特fabrikam点cn", '"lin wei"@fabrikam.cn', "lin(work)@fabrikam.cn",
        "lin@(work)fabrikam.cn", "lin@例子.中国", "lin@xn--fsqu00a.xn--fiqs8s",
    ],
)  # fmt: skip
def test_an_address_in_disguise_is_an_address(written: str) -> None:
    assert redact(f"写 {written} 谢谢") == f"写 {EMAIL} 谢谢"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("V信 lin_88", f"V信 {WECHAT}"),
        ("加v：lin88", f"加v：{WECHAT}"),
        ("微 信 号 lin88", f"微 信 号 {WECHAT}"),
        ("薇❤：lin88", f"薇❤：{WECHAT}"),
        ("WeChat ID is lin88", f"WeChat ID is {WECHAT}"),
        ("微信号就是 lin_88", f"微信号就是 {WECHAT}"),
        ("Q Q：123456789", f"Q Q：{QQ}"),
        ("加Q 123456789", f"加Q {QQ}"),
        ("q：123456789", f"q：{QQ}"),
        ("QQ群 123456789", f"QQ群 {QQ}"),
        ("建行 6217 0000 1234 5678 901", f"建行 {CARD}"),
        ("6222.0212.3456.7890.123", CARD),
        ("4111\u200b1111\u200b1111\u200b1111", CARD),
        ("4111 1111 1111 1112", CARD),
    ],
)
def test_accounts_and_cards_are_found_in_every_phrasing(written: str, shown: str) -> None:
    assert redact(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "bought at example.com", "看了一二三四五六七遍", "issue#12 is done", "room #a", "Q: how many? A: 12",
        "共 1,371,131,300 元", "2026-11-26 13:45:00", "订单 2026 1126 1234 5678", "第一百三十七号", "version 1.2.3.4",
        "加V领取优惠", "微信支付成功", "look at row 13",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_stays(written: str) -> None:
    assert redact(written) == written
