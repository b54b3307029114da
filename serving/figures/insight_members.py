"""The customers behind tags and forecasts of lifetime value."""

from __future__ import annotations

from serving.insight.lifetime import TENTHS
from serving.segments import Audience

# From the lists of numbers, without taking days and names along; nobody is listed for a sensitive tag.
_HOLDERS = """
    select distinct customer_id
    from (select customer_id, unnest(tag_nos) as tag_no from marts.customer_tag_periods) as held
    where tag_no in (
        select numbers.tag_no
        from marts.tag_numbers as numbers
        inner join marts.tag_coverage as coverage
            on numbers.tag = coverage.tag and numbers.value is not distinct from coverage.value
        where {which} and not coverage.is_sensitive
    )
"""


def tagged(which: str) -> Audience:
    """With a tag, written `<tag>`, or `<tag>.<value>` where it has several; nobody is listed for a sensitive one."""
    tag, _, value = which.partition(".")
    return Audience(
        f"tag_{tag}", _HOLDERS.format(which="numbers.tag = ? and (? = '' or numbers.value = ?)"), (tag, value, value)
    )


def tagged_in(family: str) -> Audience:
    """With a tag of a family, sensitive ones apart."""
    return Audience(f"tag_family_{family}", _HOLDERS.format(which="coverage.family = ?"), (family,))


def forecast(model: str) -> Audience:
    """Whose purchases are forecast by a model."""
    return Audience(f"forecast_{model}", "select customer_id from marts.customer_lifetime where model = ?", (model,))


def not_forecast(reason: str) -> Audience:
    """Without a forecast for a reason."""
    return Audience(
        f"no_forecast_{reason}", "select customer_id from marts.customer_lifetime where reason = ?", (reason,)
    )


def of_tenth(which: str) -> Audience:
    """In a tenth by what they are expected to spend in a year, 1 the one that spends most."""
    if not which.isdecimal() or not 1 <= int(which) <= 10:
        raise ValueError(which)
    return Audience(f"tenth_{which}", f"select customer_id from ({TENTHS}) as tenths where decile = ?", (int(which),))
