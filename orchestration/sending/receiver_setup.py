"""What the receiver is told: which destinations send to this machine, and how messages may be answered."""

from __future__ import annotations

from functools import lru_cache

from endpoints.receiver import Folder, Webhook, Words
from exports.destinations import destination_names, open_destination
from exports.destinations.file_drop import FileDropDestination
from exports.destinations.webhook import WebhookDestination
from orchestration.seeds.seed_files import project_rules
from serving.published_copy import TableMissing
from serving.rules import Rules, published_rules
from stores.settings import Settings
from stores.warehouse import Publication, current_publication

_SEEDS = ("receipt_events", "interaction_titles", "delivery_states")


def sources(settings: Settings, port: int) -> list[Webhook | Folder]:
    """The destinations whose messages a receiver on this port gets, by name.

    Args:
        settings: the installation.
        port: on this machine.

    Raises:
        UserError: a destination's section is wrong.
    """
    found: list[Webhook | Folder] = []
    for name in sorted(destination_names(settings)):
        destination = open_destination(settings, name)
        destination.close()
        if isinstance(destination, FileDropDestination):
            found.append(Folder(name, destination.folder))
        elif isinstance(destination, WebhookDestination) and (path := destination.path_here(port)):
            found.append(Webhook(name, path, destination.secret.get_secret_value()))
    return found


def sent_elsewhere(settings: Settings, port: int) -> list[str]:
    """The destinations whose messages a receiver on this port does not get."""
    return sorted(destination_names(settings) - {one.destination for one in sources(settings, port)})


def words(settings: Settings) -> Words:
    """The events that receipts may report, and what they are called.

    Said by the seeds of the current publication, which receipts are read by; by the project's before there is one.

    Args:
        settings: the installation.
    """
    publication = current_publication(settings)
    if publication is not None:
        try:
            return _published(publication)
        except TableMissing:
            pass  # of an older release: receipts wait for the next publication too
    return _named(project_rules(settings, _SEEDS))


@lru_cache(maxsize=2)
def _published(publication: Publication) -> Words:
    return _named(published_rules(publication, _SEEDS))


def _named(rules: Rules) -> Words:
    titles = {row["kind"]: (row["title_zh"], row["title_en"]) for row in rules.of("interaction_titles")[0]}
    events = tuple(dict.fromkeys(row["event"] for row in rules.of("receipt_events")[0]))
    states = {row["state"]: (row["name_zh"], row["name_en"]) for row in rules.of("delivery_states")[0]}
    return Words(events, {event: titles.get(f"message_{event}", (event, event)) for event in events}, states)
