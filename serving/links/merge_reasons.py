"""Why source profiles are one customer, told briefly: of many links, those that suffice to hold them together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from serving.links.field_weights import LITTLE, read_weights

Link = dict[str, Any]

# A person's decision weighs more than an equal value, and that more than a probable match.
_DECIDED, _EQUAL, _PROBABLE = 2, 1, 0
_RANKS = {"steward_join": _DECIDED, "probabilistic": _PROBABLE}


@dataclass(frozen=True)
class Reason:
    """One thing that several profiles have in common.

    Attributes:
        link: the strongest of the links that say it, a row of `marts.customer_links`.
        profiles: the profiles that it holds together, by name.
    """

    link: Link
    profiles: tuple[str, ...]


@dataclass(frozen=True)
class MergeReasons:
    """What holds a customer together.

    Attributes:
        reasons: what profiles have in common, the strongest first.
        by_profile: for each profile the link that ties it most strongly; a profile without one is not in it.
    """

    reasons: list[Reason]
    by_profile: dict[str, Link]


def merge_reasons(profiles: Collection[str], links: Iterable[Link]) -> MergeReasons:
    """Choose the strongest links that suffice (a maximum spanning forest, by Kruskal) and say what they have in common.

    Args:
        profiles: the customer's source profiles.
        links: rows of `marts.customer_links` of this customer.
    """
    root = {profile: profile for profile in profiles}

    def group_of(profile: str) -> str:
        while root[profile] != profile:
            root[profile] = root[root[profile]]
            profile = root[profile]
        return profile

    said: dict[tuple[Any, ...], list[Link]] = {}
    by_profile: dict[str, Link] = {}
    for link in sorted(links, key=_strength):
        one, other = link["source_profile_id"], link["linked_profile_id"]
        if one not in root or other not in root or group_of(one) == group_of(other):
            continue
        root[group_of(one)] = group_of(other)
        said.setdefault(_what(link), []).append(link)
        by_profile.setdefault(one, link)
        by_profile.setdefault(other, link)
    reasons = [Reason(same[0], _profiles_of(same)) for same in said.values()]
    reasons.sort(key=lambda reason: (-_rank(reason.link), -len(reason.profiles), _strength(reason.link)))
    return MergeReasons(reasons, by_profile)


def _rank(link: Link) -> int:
    return _RANKS.get(str(link["reason"]), _EQUAL)


def _strength(link: Link) -> tuple[Any, ...]:
    """What sorts the strongest link first, and equal ones by name."""
    ends = (link["source_profile_id"], link["linked_profile_id"], link["identifier_type"])
    return (-_rank(link), -sum(read_weights(link["field_weights"]).values()), *ends)


def _what(link: Link) -> tuple[Any, ...]:
    """What a link says, apart from whom it joins."""
    if _rank(link) == _PROBABLE:
        return (
            link["reason"],
            frozenset(name for name, weight in read_weights(link["field_weights"]).items() if weight >= LITTLE),
        )
    return (link["reason"], link["identifier_type"], link["reason_en"])


def _profiles_of(links: Iterable[Link]) -> tuple[str, ...]:
    return tuple(sorted({end for link in links for end in (link["source_profile_id"], link["linked_profile_id"])}))
