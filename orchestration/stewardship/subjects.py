"""What a steward names: source profiles, or customer ids of today and of before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from serving import identities
from serving.published_copy import PublishedCopy
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import Publication, current_publication


@dataclass(frozen=True)
class Subject:
    """A source profile that a steward named, by itself or by a customer id.

    Attributes:
        asked: what was typed.
        profile_id: the source profile; of a customer id the one that the id was made from.
        customer_id: the customer it belongs to in the publication.
        profiles: source profiles of that customer.
    """

    asked: str
    profile_id: str
    customer_id: str
    profiles: frozenset[str]


def subjects(settings: Settings, one: str, other: str) -> tuple[Subject, Subject]:
    """The two profiles that a steward named, each by a source profile id or by any customer id ever issued.

    Raises:
        UserError: nothing is published, one of them is not known, or both are the same profile.
    """
    publication = readable_publication(settings)
    with PublishedCopy(publication.path) as published:
        left, right = (_subject(published, publication, asked.strip()) for asked in (one, other))
    if left.profile_id == right.profile_id:
        raise UserError(
            f"{one} and {other} are the same profile ({left.profile_id}); name two different ones. "
            f"`guanxi explain customer {left.customer_id}` lists the profiles of that customer."
        )
    return left, right


def readable_publication(settings: Settings) -> Publication:
    """The publication to read, if it has what stewards need.

    Raises:
        UserError: nothing is published, or by an older version.
    """
    publication = current_publication(settings)
    if publication is None:
        raise UserError("Nothing is published yet, so there are no profiles to decide about. Run `guanxi run`.")
    with PublishedCopy(publication.path) as published:
        known = published.has(identities.EVENTS)
    if not known:
        raise UserError(
            f"The publication {publication.publication_id} is of before stewardship. Run `guanxi run --full` once."
        )
    return publication


def _subject(published: PublishedCopy, publication: Publication, asked: str) -> Subject:
    find = identities.customer_of_profile if ":" in asked else identities.customer_of_id
    customer_id = find(published, asked)
    if customer_id is None:
        what = "profile" if ":" in asked else "customer"
        raise UserError(
            f"There is no {what} {asked!r} in publication {publication.publication_id}. Write a source profile as "
            "channel:number, such as shop:10023, or a customer id, such as c_0123456789abcdef; what has arrived since "
            "is known after the next `guanxi run`."
        )
    profiles = identities.profiles(published, customer_id)
    if ":" in asked:
        profile_id = asked
    else:
        by_id = {customer_id_of(profile): profile for profile in profiles}
        # An id whose own profile is gone stands for its customer of today.
        profile_id = by_id.get(asked) or by_id.get(customer_id) or profiles[0]
    return Subject(asked, profile_id, customer_id, frozenset(profiles))


def customer_id_of(source_profile_id: str) -> str:
    """The customer id that a source profile gives; the same as the dbt macro of that name."""
    return f"c_{hashlib.sha256(source_profile_id.encode()).hexdigest()[:16]}"
