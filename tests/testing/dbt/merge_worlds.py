"""Random people with random answers, and random histories of merges and un-merges, for tests of what a merge may do.

Every step of a history becomes a world of its own, with ids and tokens of its own, so that many histories run through
the models' own SQL at once and their results can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

CHANNELS = ("sms", "email", "wecom", "app_push")
# The last one is not listed in the seed of trust.
SOURCES = ("loyalty", "shop", "app", "wecom", "kiosk")
OWN_ID = {"shop": "shop_account", "app": "app_user_id", "wecom": "wecom_external_userid"}
Partition = tuple[int, ...]


@dataclass(frozen=True)
class Profile:
    """A record of one channel; numbers stand for values, so that equal numbers are equal values."""

    source: str
    phone: int | None
    email: int | None
    changed_on: int | None
    mask_length: int


@dataclass(frozen=True)
class Answer:
    """Yes or no, by a phone number, an e-mail address or the account of a profile."""

    kind: str
    number: int
    channel: str
    purpose: str
    granted: bool
    source: str
    changed_on: int | None


@dataclass(frozen=True)
class Suppressed:
    """An address that must not be written to, or whose owner must not."""

    kind: str
    number: int
    channel: str
    reason: str


@dataclass(frozen=True)
class History:
    """One set of records and the ways in which it was divided into customers, one after the other.

    Attributes:
        profiles: the records.
        answers: what was consented to.
        suppressed: who must not be written to.
        partitions: for each step the customer's number of each record.
        finer: pairs of steps (fine, coarse) in which the second joins customers of the first.
        restored: pairs of steps between which a merge was made and taken back.
    """

    profiles: tuple[Profile, ...]
    answers: tuple[Answer, ...]
    suppressed: tuple[Suppressed, ...]
    partitions: tuple[Partition, ...]
    finer: tuple[tuple[int, int], ...]
    restored: tuple[tuple[int, int], ...]

    def refusals(self, place: int) -> set[str]:
        """The channels that a record's own identifiers say no to."""
        profile = self.profiles[place]
        return {answer.channel for answer in self.answers if not answer.granted and answer.purpose == "marketing"
                and (answer.kind, answer.number) in self._carried(place, profile)}  # fmt: skip

    def _carried(self, place: int, profile: Profile) -> set[tuple[str, int | None]]:
        own = {("own", place)} if profile.source in OWN_ID else set()
        # an answer by the account of a record that has none is one by a phone number
        without = {("own", number) for number, other in enumerate(self.profiles)
                   if other.source not in OWN_ID and number == profile.phone}  # fmt: skip
        return {("phone", profile.phone), ("email", profile.email)} | own | without


@dataclass
class _Steps:
    partitions: list[Partition]
    finer: list[tuple[int, int]] = field(default_factory=list)
    restored: list[tuple[int, int]] = field(default_factory=list)
    merges: list[int] = field(default_factory=list)

    def take(self, one: int, other: int) -> None:
        """Merge the two records' customers; where they are one, undo the merge made last, or split one record off."""
        now, before = self.partitions[-1], len(self.partitions) - 1
        if now[one] != now[other]:
            low, high = sorted((now[one], now[other]))
            self.partitions.append(tuple(low if label == high else label for label in now))
            self.finer.append((before, before + 1))
            self.merges.append(before)
        elif self.merges:
            back = self.merges.pop()
            self.partitions.append(self.partitions[back])
            self.finer.append((before + 1, before))
            self.restored.append((back, before + 1))
        else:
            apart = tuple(max(now) + 1 if place == one else label for place, label in enumerate(now))
            self.partitions.append(apart)
            self.finer.append((before + 1, before))
            self.merges.clear()


def histories() -> st.SearchStrategy[History]:
    """Histories of two to five records and one to five steps."""
    return st.integers(2, 5).flatmap(_of_size)


def _of_size(size: int) -> st.SearchStrategy[History]:
    maybe_day = st.sampled_from((None, 1, 2, 3))
    kinds = st.sampled_from(("phone", "email", "own"))
    profile = st.builds(
        Profile, st.sampled_from(SOURCES), st.sampled_from((None, 0, 1, 2)), st.sampled_from((None, 0, 1)), maybe_day,
        st.integers(3, 5),
    )  # fmt: skip
    # mostly yes, or nobody could ever be written to
    granted = st.sampled_from((True, True, True, True, False))
    purpose = st.sampled_from(("marketing", "marketing", "marketing", "profiling"))
    answer = st.builds(
        Answer, kinds, st.integers(0, size - 1), st.sampled_from(CHANNELS), purpose, granted,
        st.sampled_from((*SOURCES, "hotline")), maybe_day,
    )  # fmt: skip
    suppressed = st.builds(
        Suppressed, kinds, st.integers(0, size - 1), st.sampled_from(("*", "sms", *CHANNELS)),
        st.sampled_from(("bounced", "unsubscribed", "complained", "erased")),
    )  # fmt: skip
    steps = st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), min_size=1, max_size=5)
    return st.builds(
        _history,
        st.tuples(*[profile] * size),
        st.lists(answer, min_size=4, max_size=10),
        st.lists(suppressed, max_size=3),
        st.tuples(*[st.integers(0, size - 1)] * size),
        steps,
    )


def _history(
    profiles: tuple[Profile, ...],
    answers: Sequence[Answer],
    suppressed: Sequence[Suppressed],
    first: Partition,
    steps: Sequence[tuple[int, int]],
) -> History:
    taken = _Steps([first])
    for one, other in steps:
        taken.take(one, other)
    partitions, finer, restored = tuple(taken.partitions), tuple(taken.finer), tuple(taken.restored)
    return History(profiles, tuple(answers), tuple(suppressed), partitions, finer, restored)


def tables(worlds: Sequence[History]) -> dict[str, list[dict[str, Any]]]:
    """The rows below the models: profiles, customer_map, consents, suppressions and observations of all worlds."""
    rows: dict[str, list[dict[str, Any]]] = {
        "profiles": [], "customer_map": [], "consents": [], "suppressions": [], "observations": [],
    }  # fmt: skip
    for number, history in enumerate(worlds):
        for step, partition in enumerate(history.partitions):
            world = _World(f"{number}.{step}|", history)
            for place, customer in enumerate(partition):
                profile = world.profile(place)
                rows["profiles"].append(profile)
                rows["customer_map"].append(
                    {"source_profile_id": profile["source_profile_id"], "customer_id": f"{world.name}{customer}"}
                )
                rows["observations"] += _World.observations(profile)
            rows["consents"] += world.consents()
            rows["suppressions"] += world.suppressions()
    return rows


@dataclass(frozen=True)
class _World:
    """One step of a history, under a name that stands in every id and token of it."""

    name: str
    history: History

    def profile(self, place: int) -> dict[str, Any]:
        given = self.history.profiles[place]
        phone = None if given.phone is None else f"{self.name}phone{given.phone}"
        email = None if given.email is None else f"{self.name}email{given.email}"
        own = {kind: f"{self.name}own{place}" if given.source == source else None for source, kind in OWN_ID.items()}
        return {
            "source_profile_id": f"{given.source}:{self.name}{place}",
            "channel": given.source,
            "phone_token": phone,
            "phone_mask": phone and "*" * given.mask_length,
            "email_token": email,
            "email_mask": email and "*" * given.mask_length,
            **own,
            "changed_on": given.changed_on,
        }

    @staticmethod
    def observations(profile: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for kind, column in (("phone", "phone_token"), ("email", "email_token"), *((k, k) for k in OWN_ID.values())):
            if profile[column]:
                yield {
                    "source_profile_id": profile["source_profile_id"],
                    "identifier_type": kind,
                    "identifier_value": profile[column],
                }

    def consents(self) -> Iterator[dict[str, Any]]:
        # as int_consents has them: of one source's answers for one identifier a no is the answer
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for given in self.history.answers:
            kind, token = self._identifier(given.kind, given.number)
            row = {
                "identifier_type": kind, "identifier_token": token, "channel": given.channel,
                "purpose": given.purpose, "source": given.source, "granted": given.granted,
                "changed_on": given.changed_on,
            }  # fmt: skip
            same = found.setdefault((kind, token, given.channel, given.purpose, given.source), row)
            same["granted"] = same["granted"] and given.granted
        yield from found.values()

    def suppressions(self) -> Iterator[dict[str, Any]]:
        for given in self.history.suppressed:
            kind, token = self._identifier(given.kind, given.number)
            yield {
                "identifier_type": kind, "identifier_token": token, "channel": given.channel, "reason": given.reason,
            }  # fmt: skip

    def _identifier(self, kind: str, number: int) -> tuple[str, str]:
        own = OWN_ID.get(self.history.profiles[number].source)
        if kind == "own" and own:
            return own, f"{self.name}own{number}"
        kind = "phone" if kind == "own" else kind
        return kind, f"{self.name}{kind}{number}"
