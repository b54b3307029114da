"""What goes to a log: one line, nothing personal, no key."""

import logging

import pytest

from stores.redaction.log_lines import LogLines, log_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nERROR b\r\x1b[31m\x00\u2028c", "a\\nERROR b\\r\\x1b[31m\\x00\\u2028c"),
        (
            "POST https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0a1b failed",
            "POST https://qyapi.weixin.qq.com/… failed",
        ),
        ("'https://hooks.example.com/services/T0/B0/xyz'", "'https://hooks.example.com/…'"),
        ("postgresql://guanxi:secret@db.example.com:5432/guanxi", "postgresql://db.example.com:5432/…"),
        ("http://127.0.0.1:3000/runs/1", "http://127.0.0.1:3000/runs/1"),
        ("http://127.0.0.1:3000/hook?key=1", "http://127.0.0.1:3000/…"),
        ("https://[broken/secret", "https://…"),
        ("file of 13912345678.csv", "file of 【手机】.csv"),
    ],
)
def test_a_line_holds_no_control_character_no_key_and_nobody(text, expected):
    assert log_line(text) == expected


def test_a_traceback_stays_below_its_record_and_cannot_look_like_one():
    formatter = LogLines("%(levelname)s %(message)s")
    try:
        raise ValueError("first\nERROR second https://example.com/key/1")
    except ValueError:
        import sys

        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "what\nERROR faked", None, sys.exc_info())
    first, *others = formatter.format(record).split("\n")
    assert first == "ERROR what\\nERROR faked" or first == "ERROR what"
    assert all(line.startswith("    ") for line in others)
    assert "key/1" not in "".join(others)
