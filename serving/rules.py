"""The rules that a publication was made by: its rows of the seeds, so that nobody tells or applies others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from serving.published_copy import NoPublication, PublishedCopy, TableMissing, current_copy
from stores.publication import Publication
from stores.reason_texts import SEEDS, SUPPRESSION_SEEDS, Reasons, reasons_of
from stores.settings import Settings
from stores.warehouse import current_publication

SCHEMA = "rules"
_THRESHOLDS = "rule_thresholds"


def rule_rows(published: PublishedCopy, seed: str) -> list[dict[str, str]]:
    """The rows of a seed as its file has them: every value as text, empty where there is none.

    Args:
        published: the publication.
        seed: the seed's name.

    Raises:
        TableMissing: the publication does not have it.
    """
    found = published.rows(f'select cast(columns(*) as varchar) from {SCHEMA}."{seed}"')
    return [{name: value or "" for name, value in row.items()} for row in found]


@dataclass(frozen=True)
class Rules:
    """The rows of some seeds, and what to call the place where they stand.

    Attributes:
        rows: by seed.
        place: with `{seed}` in it.
    """

    rows: Mapping[str, list[dict[str, str]]]
    place: str

    def of(self, seed: str) -> tuple[list[dict[str, str]], str]:
        """The rows of a seed, and the place where they stand."""
        return self.rows[seed], self.place.format(seed=seed)


def published_rules(publication: Publication, seeds: Iterable[str]) -> Rules:
    """The rows of seeds that a publication was made by.

    Args:
        publication: the publication.
        seeds: their names.

    Raises:
        TableMissing: the publication does not have one of them.
        PublicationDamaged: it cannot be read.
    """
    with PublishedCopy(publication.path) as published:
        rows = {seed: rule_rows(published, seed) for seed in seeds}
    return Rules(rows, f"{SCHEMA}.{{seed}} of publication {publication.publication_id}")


def current_rules(settings: Settings, seeds: Iterable[str]) -> Rules:
    """The rows of seeds that the current publication was made by.

    Args:
        settings: the installation.
        seeds: their names.

    Raises:
        NoPublication: there is none yet.
        TableMissing: it was made by a release that did not publish them.
        PublicationDamaged: it cannot be read.
    """
    publication = current_publication(settings)
    if publication is None:
        raise NoPublication(settings)
    return published_rules(publication, seeds)


def thresholds(published: PublishedCopy) -> dict[str, float]:
    """The thresholds that were applied, by rule."""
    return {row["rule"]: float(row["value"]) for row in rule_rows(published, _THRESHOLDS)}


def message_channel_names(published: PublishedCopy) -> dict[str, tuple[str, str]]:
    """What message channels are called, in Chinese and in English, by channel."""
    return {row["channel"]: (row["name_zh"], row["name_en"]) for row in rule_rows(published, "message_channels")}


def channels_without_opens(published: PublishedCopy) -> set[str]:
    """Message channels of which no tool can tell whether a message was opened: those of text messages."""
    return {row["channel"] for row in rule_rows(published, "message_channels") if row["follows_sms_rules"] == "true"}


@dataclass(frozen=True)
class Names:
    """What codes are called.

    Attributes:
        reasons: of reasons and states of messages.
        suppressions: of suppressions.
        states_that_are_ok: the states of messages at which nobody needs to look.
    """

    reasons: Reasons
    suppressions: Reasons
    states_that_are_ok: frozenset[str]


def names(published: PublishedCopy) -> Names:
    """What reasons, states and suppressions are called."""
    return Names(
        reasons_of({seed: rule_rows(published, seed) for seed in SEEDS}, SEEDS),
        reasons_of({seed: rule_rows(published, seed) for seed in SUPPRESSION_SEEDS}, SUPPRESSION_SEEDS),
        states_that_are_ok(rule_rows(published, "delivery_states")),
    )


def states_that_are_ok(rows: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """The states at which nobody needs to look; one without a word on it is not among them.

    Args:
        rows: of the seed `delivery_states`.
    """
    return frozenset(row["state"] for row in rows if row.get("is_ok", "").lower() == "true")


def current_names(settings: Settings) -> Names:
    """The names of the current publication; none, so that codes stand for themselves, where it has no rules.

    Args:
        settings: the installation.

    Raises:
        UserError: the pointer or the file cannot be read.
    """
    try:
        with current_copy(settings) as published:
            return names(published)
    except (NoPublication, TableMissing):
        return Names(Reasons({}), Reasons({}), frozenset())
