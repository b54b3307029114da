"""Segments are named as their yml says, in one language where it says no other."""

from types import SimpleNamespace

import pytest

from serving.segments import named_segments


@pytest.mark.parametrize(
    ("meta", "names"),
    [
        ('{"name_zh": "购买客户", "name_en": "Buyers"}', ("购买客户", "Buyers")),
        ('{"name_en": "구매 고객"}', ("구매 고객", "구매 고객")),
        ('{"name_zh": "购买客户"}', ("购买客户", "购买客户")),
        (None, ("cosme buyers", "cosme buyers")),
    ],
)
def test_a_name_in_one_language_is_enough(meta: str | None, names: tuple[str, str]) -> None:
    row = {"table_name": "segment_cosme_buyers", "description": None, "meta": meta}
    (segment,) = named_segments(SimpleNamespace(rows=lambda sql: [row]))
    assert (segment.name, segment.name_zh, segment.name_en) == ("cosme_buyers", *names)
