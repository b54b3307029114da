"""`guanxi upgrade`: from whatever an older release left to what this one reads; begun again wherever it was broken off.

1. The keys are proven. 2. What holds tokens in the lake is written again beside it. 3. What is sealed anew, or was
sealed in columns beside the tokens, goes into the vault. 4. The operations store changes in one transaction. 5. The new
parts take their places, and the record says so. Until then every other command refuses to work on the data folder.
6. Everything is rebuilt and published: nothing of an earlier publication is sent any more.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from exports.delivery.delivery_lock import delivery_turn
from ingestion.contract.table import TOKEN_KINDS
from ingestion.personal_data.retokenisation import (
    FOLDER,
    ensure_contracts,
    keep_in_vault,
    plain_tokens,
    put_in_place,
    sealed_beside,
    undisturbed,
    write_beside,
    write_mapped,
)
from ingestion.personal_data.retokenised_column import Retokenised
from orchestration.dbt import build_record
from orchestration.dbt.active_channels import channels_in_use
from orchestration.upgrading.operations import note_deliveries, note_vault, renew_deliveries
from orchestration.upgrading.permissions import move_tokens, permission_tokens, stored_tokens
from orchestration.upgrading.privacy import close_to_others
from orchestration.upgrading.proof import prove_lake, prove_operations
from stores import key_record, operations
from stores.atomic_files import write_json
from stores.errors import UserError
from stores.key_record import (
    FIRST_NORMALISATION,
    NEVER_PUBLISHED,
    KeyRecord,
    Place,
    check_record,
    fresh_record,
    lake_place,
    operations_place,
    places,
)
from stores.keyring import Keyring, load_keyring
from stores.normalisation import NORMALISATION_VERSION, normal_forms
from stores.publication import newest_publication_id
from stores.settings import Settings
from stores.warehouse_lock import writer_lock

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did to the tokens.

    Attributes:
        before: version of the normal forms until now; equal to today's where nothing had to be made again.
        values: values in lake and ledger that were looked at.
        changed: of these, those with another token now.
        readable: of these, those that had none and have one now.
        unreadable: of these, those that had one and have none now.
        rows: rows of the operations store that follow.
        unmapped: opt-outs and consents whose value is nowhere: they stay as they are, and hold for their old token.
    """

    before: int = NORMALISATION_VERSION
    values: int = 0
    changed: int = 0
    readable: int = 0
    unreadable: int = 0
    rows: int = 0
    unmapped: int = 0


def upgrade(settings: Settings) -> Upgraded:
    """Bring the data folder up to this release, all but the rebuild.

    Args:
        settings: the installation.

    Raises:
        UserError: the keyring is missing, damaged or another one, or the folder is of a newer release.
    """
    if not settings.keyring_path.exists() and not any(place.read() or place.has_data() for place in places(settings)):
        return Upgraded()
    keyring = load_keyring(settings.keyring_path)
    try:
        done = _upgrade(settings, keyring)
    except OSError as bad:
        raise UserError(
            f"The upgrade stopped: {bad.strerror or bad}. Nothing is lost and nothing is sent; correct that (it needs "
            f"free disk of the size of {settings.lake}) and run `guanxi upgrade` again."
        ) from bad
    try:
        operations.engine(settings)  # from now on the data folder knows its store
    except operations.StoreLost as lost:
        log.warning("%s", lost)
    return done


def _upgrade(settings: Settings, keyring: Keyring) -> Upgraded:
    # Of a copy from before the upgrade the tokens are made again first; then `guanxi operations recover` looks at it.
    with _alone(settings), operations.lost_store_tolerated():
        operations.engine(settings)
        lake, store = lake_place(settings), operations_place(settings)
        records = _proven(settings, keyring, lake, store)
        before = min(record.normalisation for record in records)
        is_current = all(key_record.is_current(settings, record) for record in records)
        if is_current and not (settings.lake / FOLDER).exists():
            for place, record in zip((lake, store), records, strict=True):
                place.write(record)
            done = Upgraded()
        else:
            done = _renew(settings, keyring, lake, store, before)
        ensure_contracts(settings, channels_in_use(settings).values())
        close_to_others(settings.home)
        return done


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Nobody builds, sends or reads a channel meanwhile."""
    with ExitStack() as held:
        held.enter_context(writer_lock(settings))
        held.enter_context(delivery_turn(settings))
        held.enter_context(undisturbed(settings))
        yield


def _proven(settings: Settings, keyring: Keyring, lake: Place, store: Place) -> tuple[KeyRecord, KeyRecord]:
    """What lake and operations store were written with; where no record says so, the keys are proven."""
    kept = []
    for place in (lake, store):
        record = place.record()
        if record:
            check_record(settings, place, record, keyring)
        kept.append(record)
    is_proven = kept[0] is not None or prove_lake(settings, keyring)
    if kept[1] is None:
        with operations.reading(operations.engine(settings)) as connection:
            prove_operations(connection, keyring, is_proven)
    # Without a record and without data there is nothing old.
    old = KeyRecord(keyring.fingerprints(), FIRST_NORMALISATION)
    assumed = [old if place.has_data() else fresh_record(settings, keyring) for place in (lake, store)]
    return kept[0] or assumed[0], kept[1] or assumed[1]


def _renew(settings: Settings, keyring: Keyring, lake: Place, store: Place, before: int) -> Upgraded:
    plan, moved = _read_plan(settings, store)
    if plan is None:
        log.info(
            "Tokens are made again: normal forms %d of country %s instead of %d",
            NORMALISATION_VERSION,
            settings.country,
            before,
        )
        plan, moved = _write_plan(settings, keyring)
    else:
        log.info("Going on where an earlier upgrade was broken off")
    record = fresh_record(settings, keyring, plan["superseded"])
    keep_in_vault(settings, plan["vault_file"])
    engine = operations.engine(settings)
    with operations.writing(engine) as connection:
        done = operations.read_key_record(connection)
        rows = 0
        # The record is written in the same transaction: tokens are moved once, however often this is begun.
        if done is None or json.loads(done) != asdict(record):
            # In this order: what has a ciphertext is renewed from that, and not moved once more.
            rows = move_tokens(connection, moved) + renew_deliveries(connection, settings, keyring)
            operations.write_key_record(connection, json.dumps(asdict(record)))
    log.info("Operations store: %d rows follow", rows)
    build_record.forget(settings)
    put_in_place(settings)
    lake.write(record)
    _forget_plan(settings)
    return Upgraded(before, **plan["counts"], rows=rows)


def _write_plan(settings: Settings, keyring: Keyring) -> tuple[dict[str, Any], dict[str, list[str]]]:
    with operations.reading(operations.engine(settings)) as connection:
        renewed = Retokenised(stored_tokens(connection) | plain_tokens(settings))
        keep = sealed_beside(settings)
        write_beside(settings, keyring, renewed, keep)
        note_deliveries(connection, settings, keyring, renewed, keep)
        note_vault(settings, keyring, renewed, keep)
        keep.files(settings.lake / FOLDER / "sealed")
        unmapped = len(permission_tokens(connection, TOKEN_KINDS) - renewed.met)
    moved = renewed.moved()
    write_mapped(settings, moved)
    folder = settings.lake / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [(old, new) for old, tokens in moved.items() for new in tokens]
    columns = {name: pa.array([pair[at] for pair in pairs], pa.string()) for at, name in enumerate(("old", "new"))}
    pq.write_table(pa.table(columns), folder / "moved.parquet")
    counts = {name: getattr(renewed, name) for name in ("values", "changed", "readable", "unreadable")}
    plan = {
        "normalisation": NORMALISATION_VERSION,
        "forms": normal_forms(settings.country),
        "superseded": newest_publication_id(settings) or NEVER_PUBLISHED,
        "vault_file": f"upgrade.{time.time():.7f}",
        "counts": {**counts, "unmapped": unmapped},
    }
    # Last: with it the work beside the lake counts as done.
    write_json(folder / "plan.json", plan)
    return plan, moved


def _read_plan(settings: Settings, store: Place) -> tuple[dict[str, Any] | None, dict[str, list[str]]]:
    """What an earlier upgrade had planned; None where it changed nothing yet: data may have come since."""
    folder = settings.lake / FOLDER
    try:
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None, {}
    record = store.record()
    planned = (plan["normalisation"], plan["superseded"], plan.get("forms", {}))
    if record is None or (record.normalisation, record.superseded, record.forms) != planned:
        return None, {}
    if plan["normalisation"] != NORMALISATION_VERSION:
        raise UserError(
            f"Another release (normal forms {plan['normalisation']}) broke off while it upgraded this data folder. "
            "Let that release finish its `guanxi upgrade` first."
        )
    forms = normal_forms(settings.country)
    if plan["forms"] != forms:
        raise UserError(
            "An upgrade was broken off that had begun with other settings ([guanxi] country = "
            f"{plan['forms']['country']!r}, now {forms['country']!r}, or other placeholders). Set that again and run "
            "`guanxi upgrade`; change it when that has finished, and run it once more."
        )
    moved: dict[str, list[str]] = {}
    for pair in pq.read_table(folder / "moved.parquet").to_pylist():
        moved.setdefault(pair["old"], []).append(pair["new"])
    return plan, moved


def _forget_plan(settings: Settings) -> None:
    """The plan goes last, so that what is left of it is never taken for the whole."""
    folder = settings.lake / FOLDER
    for path in sorted(folder.iterdir(), key=lambda path: path.name == "plan.json"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    folder.rmdir()
