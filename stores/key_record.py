"""Which keys and which normal forms a data folder was written with; it is read with these or not at all.

A record lies beside the lake (`lake/key_record.json`) and in the operations store (`key_records`): a fingerprint of
every key and the version of the normal forms. Where there is data, a missing keyring is never made again and another
one never used: its tokens would match nobody, and every opt-out would be forgotten without a word.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import func, select

from stores import operations
from stores.atomic_files import write_json
from stores.errors import UserError
from stores.keyring import Keyring, load_keyring, make_keyring
from stores.lake.layout import VAULT
from stores.lake.reader import has_data
from stores.normalisation import NORMALISATION_VERSION, normal_forms
from stores.settings import Settings

log = logging.getLogger(__name__)

NEVER_PUBLISHED = "0"
"""Sorts before every publication id."""

FIRST_NORMALISATION = 1
"""The version of data folders that are older than the record."""

_WITH_TOKENS = (
    operations.deliveries,
    operations.consents,
    operations.suppressions,
    operations.receipt_quarantine,
)


@dataclass(frozen=True)
class KeyRecord:
    """What a lake or an operations store was written with.

    Attributes:
        fingerprints: of the token key (`token`) and of each cipher key by its id; see `Keyring.fingerprints`.
        normalisation: `NORMALISATION_VERSION` of the release that made the tokens.
        superseded: the publication whose tokens are of an older version: nothing of it, or of one before, is sent,
            and the next build is a full one. Empty when the tokens were never made again.
        forms: `normal_forms` of the settings then; empty: nobody knows.
        sealed_in: where the sealed values are, `VAULT`; empty: in columns beside the tokens, as releases before the
            vault kept them.
    """

    fingerprints: dict[str, str]
    normalisation: int
    superseded: str = ""
    forms: dict[str, str] = field(default_factory=dict)
    sealed_in: str = ""

    def accepts(self, keyring: Keyring) -> bool:
        """Whether these are the keys: all that are recorded; further cipher keys may have been added."""
        return self.fingerprints.items() <= keyring.fingerprints().items()


@dataclass(frozen=True)
class Place:
    """Where a record is kept, and what it speaks for.

    Attributes:
        name: in words, for messages.
        read: the record as JSON text, None where there is none.
        write: replaces it.
        has_data: whether there is anything that was made with keys.
    """

    name: str
    read: Callable[[], str | None]
    write: Callable[[KeyRecord], None]
    has_data: Callable[[], bool]

    def record(self) -> KeyRecord | None:
        """The record kept here.

        Raises:
            UserError: it is damaged.
        """
        text = self.read()
        if text is None:
            return None
        try:
            document = json.loads(text)
            record = KeyRecord(
                dict(document["fingerprints"]),
                document["normalisation"],
                document["superseded"],
                dict(document.get("forms", {})),
                str(document.get("sealed_in", "")),
            )
            if not isinstance(record.normalisation, int) or "token" not in record.fingerprints:
                raise ValueError("fields of the wrong kind")
        except (ValueError, KeyError, TypeError, RecursionError) as bad:
            raise UserError(
                f"The key record of {self.name} is damaged. Restore it from a backup, or remove it and run "
                "`guanxi upgrade`, which proves that the keys belong to the data and writes it again."
            ) from bad
        return record


def open_keyring(settings: Settings) -> Keyring:
    """The keys of an installation, made when there is neither a keyring nor any data.

    Args:
        settings: the installation.

    Raises:
        UserError: there is data, and the keyring is missing, damaged or another one, or the data's tokens are of
            another normalisation.
    """
    found = _reachable(settings)
    if not settings.keyring_path.exists():
        _refuse_without_keys(settings, found)
        keyring = make_keyring(settings.keyring_path)
    else:
        keyring = load_keyring(settings.keyring_path)
    kept = [(place, _recorded(place)) for place in found]
    for place, record in kept:
        if record:
            check_record(settings, place, record, keyring)
            _check_forms(settings, place, record)
    known = next((record for _, record in kept if record), None)
    fresh = fresh_record(settings, keyring, known.superseded if known else "")
    for place, record in kept:
        if record is None or replace(record, superseded=fresh.superseded) != fresh:
            place.write(replace(fresh, superseded=record.superseded if record else fresh.superseded))
    return keyring


def fresh_record(settings: Settings, keyring: Keyring, superseded: str = "") -> KeyRecord:
    """The record of what this release writes with these settings and keys; `superseded` as in `KeyRecord`."""
    forms = normal_forms(settings.country)
    return KeyRecord(keyring.fingerprints(), NORMALISATION_VERSION, superseded, forms, VAULT)


def is_current(settings: Settings, record: KeyRecord) -> bool:
    """Whether a record's normal forms are those of this release with these settings, and its sealed values in place."""
    is_of_today = record.normalisation == NORMALISATION_VERSION and record.sealed_in == VAULT
    return is_of_today and record.forms == normal_forms(settings.country)


def is_superseded(settings: Settings, publication_id: str | None) -> bool:
    """Whether a publication holds tokens that the lake and the operations store do not have any more.

    Args:
        settings: the installation.
        publication_id: the publication; None: there is none.
    """
    record = lake_place(settings).record()
    return record is not None and bool(record.superseded) and (publication_id or "") <= record.superseded


def places(settings: Settings) -> list[Place]:
    """Where records are kept: beside the lake, and in the operations store if there is one already.

    Raises:
        UserError: the operations store cannot be opened.
    """
    found = [lake_place(settings)]
    database = settings.home / "operations" / "operations.db"
    if settings.operations_url or database.exists():
        operations.engine(settings)
        found.append(operations_place(settings))
    return found


def lake_place(settings: Settings) -> Place:
    """The place beside the lake."""
    path = settings.lake / "key_record.json"

    def read() -> str | None:
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            return ""

    return Place(
        "the lake",
        read,
        lambda record: write_json(path, asdict(record)),
        lambda: has_data(settings.lake) or (settings.published / "current.json").exists(),
    )


def operations_place(settings: Settings) -> Place:
    """The place in the operations store."""

    def read() -> str | None:
        with operations.reading(operations.engine(settings)) as connection:
            return operations.read_key_record(connection)

    def write(record: KeyRecord) -> None:
        with operations.writing(operations.engine(settings)) as connection:
            operations.write_key_record(connection, json.dumps(asdict(record)))

    def has_data() -> bool:
        with operations.reading(operations.engine(settings)) as connection:
            counts = [select(func.count()).select_from(select(table).limit(1).subquery()) for table in _WITH_TOKENS]
            return any(connection.scalar(count) for count in counts)

    return Place("the operations store", read, write, has_data)


def _recorded(place: Place) -> KeyRecord | None:
    """The record of a place; None where nothing was made with keys yet."""
    record = place.record()
    if record is None and place.has_data():
        # Asked again: somebody else may have written the first data, and before it the record, in between.
        record = place.record()
        if record is None:
            raise UserError(
                f"The data of {place.name} is of an older release, and nothing says which keys it belongs to. "
                "Run `guanxi upgrade`: it proves the keys and makes the tokens again where that is needed. Until then "
                "nothing is read, built or sent."
            )
    return record


def _reachable(settings: Settings) -> list[Place]:
    """The places that can be asked now: a source does not wait for the operations store where the lake is proven."""
    lake = lake_place(settings)
    try:
        return places(settings)
    except UserError as unreachable:
        if lake.record() is None:
            raise
        log.warning("The keys are held against the lake only: %s", unreachable)
        return [lake]


def _refuse_without_keys(settings: Settings, found: list[Place]) -> None:
    written = [place.name for place in found if place.read() is not None or place.has_data()]
    if written:
        raise UserError(
            f"The keyring {settings.keyring_path} is missing, but {' and '.join(written)} of this data folder were "
            "written with it. Restore it from its backup; a new one would match nobody and forget every opt-out."
        )


def check_record(settings: Settings, place: Place, record: KeyRecord, keyring: Keyring) -> None:
    """Refuse keys that a place was not written with, and a place that a newer release has written.

    Raises:
        UserError: one of the two.
    """
    if not record.accepts(keyring):
        raise UserError(
            f"The keyring {settings.keyring_path} is not the one that {place.name} was written with (fingerprint "
            f"{keyring.fingerprints()['token']}, expected {record.fingerprints['token']}). "
            "Restore the keyring that belongs to this data folder from its backup."
        )
    if record.normalisation > NORMALISATION_VERSION:
        raise UserError(
            f"The tokens of {place.name} were made by a newer Guanxi (normal forms {record.normalisation}, known here "
            f"are {NORMALISATION_VERSION}). Update Guanxi."
        )


def _check_forms(settings: Settings, place: Place, record: KeyRecord) -> None:
    if record.normalisation < NORMALISATION_VERSION:
        raise UserError(
            f"The tokens of {place.name} were made with normal forms {record.normalisation}, this release has "
            f"{NORMALISATION_VERSION}: old opt-outs would match nobody. Run `guanxi upgrade`, which makes them again. "
            "Until then nothing is read, built or sent."
        )
    forms = normal_forms(settings.country)
    if record.sealed_in != VAULT and place.has_data():
        raise UserError(
            f"The sealed values of {place.name} are where an older release kept them, and not in the vault. Run "
            "`guanxi upgrade`, which brings them there. Until then nothing is read, built or sent."
        )
    # Where nothing is stored yet, no token is of other forms.
    if record.forms != forms and place.has_data():
        raise UserError(
            f"The tokens of {place.name} were made with {_difference(record.forms, forms)}: old opt-outs would match "
            "nobody. Run `guanxi upgrade`, which makes them again, or take the change back. Until then nothing is "
            "read, built or sent."
        )


def _difference(before: dict[str, str], now: dict[str, str]) -> str:
    """What of the normal forms is another, in words."""
    changes = []
    if before.get("country") != now["country"]:
        changes.append(f"[guanxi] country = {before.get('country')!r}, now it is {now['country']!r}")
    if before.get("placeholders") != now["placeholders"]:
        changes.append("other rows in stores/normalisation/placeholders.csv")
    return " and ".join(changes)
