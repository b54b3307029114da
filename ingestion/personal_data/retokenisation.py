"""The lake in other normal forms: every token, mask and feature is made again from the sealed value in the vault.

New parts are written beside the lake (`lake/.renewal/`), then put in the place of the old ones, each at once and under
its own name: load ids, ledger and numbers of rows stay. What is sealed anew is in the vault before anything refers to
it. Parts of releases before the vault, with ciphertexts in columns of their own, lose these on the way. What dies is
begun again or finished by the next call; that nobody reads the lake meanwhile is the caller's duty.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.channels import discover
from ingestion.contract.channel import Channel
from ingestion.contract.table import RESERVED_TABLES, TOKEN_KINDS
from ingestion.encrypted_spill import connect
from ingestion.lake.channel_lake import Lake
from ingestion.lake.load_package import drop
from ingestion.personal_data.protection import parts_of_kind, reference_part, scope_of
from ingestion.personal_data.retokenised_column import Retokenised, in_columns, in_vault, retokenise_column
from ingestion.personal_data.sealed_values import SealedValues
from ingestion.pipeline import locked
from stores.atomic_files import put_whole
from stores.errors import UserError
from stores.keyring import Keyring
from stores.lake.checksums import record_parts, require_whole
from stores.lake.layout import ledger_path, owner_of, parts_everywhere, recorded_loads
from stores.lake.vault import LoadedVault, add_sealed, find_sealed
from stores.settings import Settings

FOLDER = ".renewal"
PLAIN_TOKEN = "identifier_token"  # noqa: S105  # a column, without a reference beside it
# The columns of ciphertexts that releases before the vault kept beside the tokens.
_FORMER_PARTS = ("cipher", "source_cipher")

_ROWS_A_BATCH = 100_000

log = logging.getLogger(__name__)


@contextmanager
def undisturbed(settings: Settings) -> Iterator[None]:
    """No channel is read while the block runs; what a killed run had prepared is dropped, and is read again later."""
    with ExitStack() as held, connect(settings, settings.state / "ingestion" / "renewal") as connection:
        for channel in discover().values():
            held.enter_context(locked(settings, channel.name))
            drop(settings, channel, Lake(settings, channel, connection))
        yield


def sealed_beside(settings: Settings) -> SealedValues:
    """Gathers, beside the lake, what the vault must have; what an earlier try left there is dropped."""
    shutil.rmtree(settings.lake / FOLDER, ignore_errors=True)
    return SealedValues(settings.lake / FOLDER / "sealed")


def write_beside(settings: Settings, keyring: Keyring, renewed: Retokenised, keep: SealedValues) -> None:
    """Write every part that holds personal values again, beside the lake; nothing in the lake changes.

    Args:
        settings: of this installation.
        keyring: its keys.
        renewed: takes in what became of the tokens.
        keep: takes in what the vault must have; see `sealed_beside`.

    Raises:
        UserError: the lake is damaged, or a value of a part is not in the vault or cannot be opened; names the part.
    """
    require_whole(settings, contents=True)
    parts = every_part(settings)
    with LoadedVault(settings) as vault:
        for number, part in enumerate(parts, start=1):
            columns = personal_columns(settings, part, keyring)
            if columns:
                try:
                    _write(settings, keyring, part, columns, vault, renewed, keep)
                except UserError as bad:
                    raise UserError(f"{part.relative_to(settings.lake)}: {bad} Nothing was changed.") from bad
            if number % 100 == 0 or number == len(parts):
                log.info("Lake: %d of %d parts, %s values", number, len(parts), f"{renewed.values:,}")


def keep_in_vault(settings: Settings, name: str) -> None:
    """Bring what was gathered beside the lake into the vault; called again after a death.

    Args:
        settings: of this installation.
        name: of the file in the vault.
    """
    folder = settings.lake / FOLDER / "sealed"
    files = sorted(folder.glob("*.parquet"))
    if files:
        log.info("Vault: %s values are new", f"{add_sealed(settings, name, files):,}")


def write_mapped(settings: Settings, moved: dict[str, list[str]]) -> None:
    """Write the parts that hold tokens alone again, beside the lake, with the tokens of today.

    Args:
        settings: of this installation.
        moved: old token to those of today; where there are several the first is taken.
    """
    if not moved:
        return
    old = pa.array(list(moved), pa.string())
    new = pa.array([tokens[0] for tokens in moved.values()], pa.string())
    for part in every_part(settings):
        if PLAIN_TOKEN not in pq.read_schema(part).names:
            continue
        table = pq.read_table(part, partitioning=None)
        place = pc.index_in(table[PLAIN_TOKEN], value_set=old)
        tokens = pc.coalesce(pc.take(new, place), table[PLAIN_TOKEN])
        table = table.set_column(table.schema.get_field_index(PLAIN_TOKEN), PLAIN_TOKEN, tokens)
        pq.write_table(table, _beside(settings, part))


def put_in_place(settings: Settings) -> None:
    """Let the parts beside take the places of those in the lake, sums included; called again after a death."""
    folder = settings.lake / FOLDER
    owners: set[tuple[Path, str]] = set()
    for part in parts_everywhere(folder):
        place = settings.lake / part.relative_to(folder)
        put_whole(part, place)
        owners.add((place.parents[1], owner_of(part.name)))
    for dataset, owner in sorted(owners):
        if owner in recorded_loads(dataset) or ledger_path(dataset, owner).exists():
            record_parts(dataset, owner)


def ensure_contracts(settings: Settings, channels: Iterable[Channel]) -> None:
    """Let tables have the columns of today's contract before anything new arrives in them."""
    with connect(settings, settings.state / "ingestion" / "renewal") as connection:
        for channel in channels:
            Lake(settings, channel, connection).ensure_contract_files()


def plain_tokens(settings: Settings) -> frozenset[str]:
    """The tokens that stand in the lake without a ciphertext."""
    found: set[str] = set()
    for part in every_part(settings):
        if PLAIN_TOKEN in pq.read_schema(part).names:
            found.update(
                pc.unique(pq.read_table(part, columns=[PLAIN_TOKEN], partitioning=None)[PLAIN_TOKEN]).to_pylist()
            )
    return frozenset(found - {None})


def every_part(settings: Settings) -> list[Path]:
    """Every part of the lake, channels that are not in use any more included."""
    return parts_everywhere(settings.lake)


def personal_columns(settings: Settings, part: Path, keyring: Keyring) -> dict[str, str]:
    """The personal columns of a part with their kinds.

    The contract says which kind; where the channel is gone, its sealed values say for what they were sealed.
    """
    if part.parts[-2] in RESERVED_TABLES:
        return {}  # a row in quarantine has a token and a ciphertext too, which no normal form changes
    present = pq.read_schema(part).names
    stems = [name.removesuffix("_token") for name in present if name.endswith("_token")]
    names = [name for name in stems if {f"{name}_{part}" for part in ("ref", "source_ref", "cipher")} & set(present)]
    if not names:
        return {}
    channel = discover().get(part.parts[-3].removeprefix("raw_"))
    table = next((table for table in channel.tables if table.name == part.parts[-2]), None) if channel else None
    declared = {name: column.type for name, column in table.contract.items() if column.is_token} if table else {}
    kinds = {name: declared.get(name) or _sealed_as(settings, part, name, keyring) for name in names}
    return {name: kind for name, kind in kinds.items() if kind}


def _sealed_as(settings: Settings, part: Path, name: str, keyring: Keyring) -> str | None:
    cipher = _first_sealed(settings, part, name)
    if cipher is None:
        return None
    has_features = f"{name}_features" in pq.read_schema(part).names
    for kind in TOKEN_KINDS:
        if ("features" in parts_of_kind(kind)) == has_features:
            try:
                keyring.unseal(scope_of(kind), cipher)
            except UserError:
                continue
            return kind
    raise UserError(
        f"The ciphertexts of {name} cannot be opened: they were made with another keyring. "
        "Restore the keyring that belongs to this data folder."
    )


def _first_sealed(settings: Settings, part: Path, name: str) -> str | None:
    """A ciphertext of a column; None where it holds no value."""
    if f"{name}_cipher" in pq.read_schema(part).names:
        return _first(part, f"{name}_cipher")
    present = pq.read_schema(part).names
    columns = [f"{name}_{ending}" for ending in ("ref", "source_ref", "token")]
    refs = [ref for column in columns if column in present and (ref := _first(part, column))]
    found = find_sealed(settings, refs)
    return next((found[ref][1] for ref in refs if ref in found), None)


def _first(part: Path, column: str) -> str | None:
    values = pq.read_table(part, columns=[column], partitioning=None).column(0).drop_null()
    return values[0].as_py() if len(values) else None


def _write(
    settings: Settings,
    keyring: Keyring,
    part: Path,
    columns: dict[str, str],
    vault: LoadedVault,
    renewed: Retokenised,
    keep: SealedValues,
) -> None:
    file = pq.ParquetFile(part)
    target = _beside(settings, part)
    schema = _schema(file.schema_arrow, columns)
    with pq.ParquetWriter(target, schema) as writer:
        for batch in file.iter_batches(_ROWS_A_BATCH):
            rows = {name: batch.column(name) for name in batch.schema.names}
            for name, kind in columns.items():
                before = rows[f"{name}_token"]
                if f"{name}_cipher" in rows:
                    column = in_columns(before, rows[f"{name}_cipher"], rows.get(f"{name}_source_cipher"))
                else:
                    column = in_vault(vault, before, rows[f"{name}_{reference_part(kind)}"])
                fresh = retokenise_column(settings, keyring, kind, column, keep)
                renewed.note(before, fresh)
                rows |= {f"{name}_{part}": fresh[part] for part in parts_of_kind(kind)}
            writer.write_batch(pa.record_batch([rows[field.name].cast(field.type) for field in schema], schema=schema))


def _schema(schema: pa.Schema, columns: dict[str, str]) -> pa.Schema:
    """The part's columns without ciphertexts, and behind them what today's contract has more."""
    former = {f"{name}_{part}" for name in columns for part in _FORMER_PARTS}
    kept = [field for field in schema if field.name not in former]
    more = [f"{name}_{part}" for name, kind in columns.items() for part in parts_of_kind(kind)]
    return pa.schema([*kept, *(pa.field(name, pa.string()) for name in more if name not in schema.names)])


def _beside(settings: Settings, part: Path) -> Path:
    place = settings.lake / FOLDER / part.relative_to(settings.lake)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
