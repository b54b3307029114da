"""Whom an explanation is about: the customer of today, in the publication that stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from serving import identities
from serving.published_copy import PublishedCopy
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import Publication, current_publication


@dataclass(frozen=True)
class AskedCustomer:
    """A customer that somebody asked about.

    Attributes:
        publication: in which they stand.
        published: its copy, open.
        named: the customer id that was asked for; of a source profile, its customer's.
        customer_id: of the customer today.
    """

    publication: Publication
    published: PublishedCopy
    named: str
    customer_id: str


@contextmanager
def asked_customer(settings: Settings, asked: str) -> Iterator[AskedCustomer]:
    """Find the customer of today that an id, also a former one, or a source profile leads to.

    Args:
        settings: the installation.
        asked: the id.

    Raises:
        UserError: nothing is published, no such customer was ever known, or there is no such profile.
    """
    publication = current_publication(settings)
    if publication is None:
        raise UserError("Nothing is published yet, so there is nobody to explain. Run `guanxi run`.")
    with PublishedCopy(publication.path) as published:
        named = _by_profile(published, asked, publication)
        customer_id = str(identities.redirect(published, named).get("customer_id", named))
        if not identities.customer(published, customer_id):
            raise UserError(_unknown(published, named, publication))
        yield AskedCustomer(publication, published, named, customer_id)


def why_unread(unreadable: Exception) -> str:
    """One sentence for a warehouse that has the source rows and cannot be read, such as while a run writes it."""
    return f"The warehouse cannot be read right now ({' '.join(str(unreadable).split())[:80]})."


def _by_profile(published: PublishedCopy, asked: str, publication: Publication) -> str:
    """The customer id that is meant: of a source profile (shop:10023), its customer's.

    Raises:
        UserError: there is no such profile.
    """
    if ":" not in asked:
        return asked
    found = identities.customer_of_profile(published, asked)
    if found is None:
        raise UserError(
            f"No profile {asked!r} in publication {publication.publication_id}. A profile is channel:number, such as "
            "shop:10023, the number as that channel writes it."
        )
    return found


def _unknown(published: PublishedCopy, customer_id: str, publication: Publication) -> str:
    """Why an id leads to nobody: it was never issued, or all that it stood for is gone."""
    events = identities.events(published, {customer_id})
    if events:
        last = events[-1]
        return (
            f"Customer {customer_id} leads to nobody any more: {last['event']} at "
            f"{last['happened_at']:%Y-%m-%d %H:%M}, {last['cause_en']}."
        )
    return (
        f"No customer {customer_id!r} in publication {publication.publication_id}. Check the id; a profile has its "
        "channel before it, such as shop:10023."
    )
