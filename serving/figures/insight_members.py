"""The customers behind tags and forecasts of lifetime value."""

from __future__ import annotations

from serving.insight.lifetime import TENTHS
from serving.segments import Audience


def tagged(which: str) -> Audience:
    """With a tag, written `<tag>`, or `<tag>.<value>` where it has several; nobody is listed for a sensitive one."""
    tag, _, value = which.partition(".")
    return Audience(
        f"tag_{tag}",
        "select distinct customer_id from marts.customer_tags"
        " where is_current and tag = ? and (? = '' or value = ?)"
        " and tag in (select tag from marts.tag_coverage where not is_sensitive)",
        (tag, value, value),
    )


def tagged_in(family: str) -> Audience:
    """With a tag of a family, sensitive ones apart."""
    return Audience(
        f"tag_family_{family}",
        "select distinct tags.customer_id from marts.customer_tags as tags"
        " inner join marts.tag_coverage as coverage"
        " on tags.tag = coverage.tag and tags.value is not distinct from coverage.value"
        " where tags.is_current and coverage.family = ? and not coverage.is_sensitive",
        (family,),
    )


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
