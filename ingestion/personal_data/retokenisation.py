"""The lake in other normal forms: every token, mask and feature is made again from the ciphertext beside it.

New parts are written beside the lake (`lake/.renewal/`), then put in the place of the old ones, each at once and under
its own name: load ids, ledger and numbers of rows stay. What dies on the way is begun again or finished by the next
call; that nobody reads the lake meanwhile is the caller's duty.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.channels import discover
from ingestion.contract.channel import Channel
from ingestion.contract.table import TOKEN_KINDS
from ingestion.duckdb_sql import connect
from ingestion.lake.channel_lake import Lake
from ingestion.lake.load_package import drop
from ingestion.personal_data.protection import END, WITHOUT, parts_of_kind, protect_column, scope_of
from ingestion.pipeline import locked
from stores.atomic_files import put_whole
from stores.errors import UserError
from stores.keyring import Keyring
from stores.lake.checksums import record_parts, require_whole
from stores.lake.layout import ledger_path, owner_of, parts_everywhere, recorded_loads
from stores.settings import Settings

FOLDER = ".renewal"
PLAIN_TOKEN = "identifier_token"  # noqa: S105  # a column, without a ciphertext beside it

_ROWS_A_BATCH = 100_000

log = logging.getLogger(__name__)


@dataclass
class Retokenised:
    """What became of tokens.

    Attributes:
        wanted: tokens that stand somewhere without their ciphertext; only for these are pairs kept.
        pairs: old token to the tokens that its values have now.
        met: those of `wanted` whose ciphertext was found.
        values: values looked at: one for each row and column.
        changed: values with another token now.
        readable: values that had no token and have one now.
        unreadable: values that had a token and have none now.
    """

    wanted: frozenset[str] = frozenset()
    pairs: dict[str, list[str]] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    values: int = 0
    changed: int = 0
    readable: int = 0
    unreadable: int = 0

    def note(self, before: pa.Array, fresh: dict[str, pa.Array]) -> None:
        """Take in the tokens of a column until now, and what `renew` made of it."""
        after = fresh["token"]
        had, has = pc.is_valid(before), pc.is_valid(after)
        self.values += len(before)
        self.changed += _count(pc.fill_null(pc.not_equal(before, after), False))
        self.readable += _count(pc.and_(pc.invert(had), has))
        self.unreadable += _count(pc.and_(had, pc.invert(has)))
        # What was sealed is often the normal form of a release before: an opt-out of then is found by it.
        for old in (before, fresh["former"]):
            self._pair(pa.table({"old": old, "new": after}).filter(pc.is_valid(old)))

    def _pair(self, tokens: pa.Table) -> None:
        distinct = tokens.group_by(["old", "new"]).aggregate([])
        for old, new in zip(*(distinct[name].to_pylist() for name in ("old", "new")), strict=True):
            if old in self.wanted:
                self.met.add(old)
                if new is not None and new not in self.pairs.setdefault(old, []):
                    self.pairs[old].append(new)

    def moved(self) -> dict[str, list[str]]:
        """The pairs in which something changes."""
        return {old: new for old, new in self.pairs.items() if new != [old]}


@contextmanager
def undisturbed(settings: Settings) -> Iterator[None]:
    """No channel is read while the block runs; what a killed run had prepared is dropped, and is read again later."""
    with ExitStack() as held, connect(settings, settings.state / "ingestion" / "renewal") as connection:
        for channel in discover().values():
            held.enter_context(locked(settings, channel.name))
            drop(settings, channel, Lake(settings, channel, connection))
        yield


def retokenise_channel(
    settings: Settings, keyring: Keyring, kind: str, ciphers: pa.Array, sources: pa.Array | None, tokens: pa.Array
) -> dict[str, pa.Array]:
    """What `protect` makes today of values that were sealed earlier, and `former`: the tokens of the sealed texts.

    Args:
        settings: of this installation.
        keyring: its keys.
        kind: one of `ingestion.contract.channel.TOKEN_KINDS`.
        ciphers: the ciphertexts, nulls allowed.
        sources: ciphertexts of the values as written, null where `ciphers` says as much; None: there are none.
        tokens: the tokens until now.

    Raises:
        UserError: a ciphertext cannot be opened with these keys.
    """
    sealed = _sealed(ciphers, sources) if sources is not None else ciphers
    encoded = sealed.cast(pa.string()).dictionary_encode()
    scope = scope_of(kind)
    opened, written = [], []
    for text in encoded.dictionary.to_pylist():
        cipher, _, missing = text.partition(" ")
        opened.append(keyring.unseal(scope, cipher))
        written.append(opened[-1].removeprefix(missing))
    values = pc.take(pa.array(written, pa.string()), encoded.indices)
    former = pa.array([keyring.token(scope, value) for value in opened], pa.string())
    parts = {**protect_column(values, kind, keyring, settings.country), "former": pc.take(former, encoded.indices)}
    if kind == "any_phone":
        # Only the end was sealed by the first release: read again it might pass for a whole number.
        ends = pa.array([value.isdigit() for value in opened], pa.bool_())
        is_end = pc.and_(pc.take(ends, encoded.indices), pc.equal(parts["former"], tokens))
        is_end = pc.fill_null(is_end if sources is None else pc.equal(sources, END), False)
        kept = {"token": tokens, "cipher": ciphers, "source_cipher": pa.scalar(END)}
        parts |= {name: pc.if_else(is_end, array, parts[name]) for name, array in kept.items()}
    return parts


def _sealed(ciphers: pa.Array, sources: pa.Array) -> pa.Array:
    """The ciphertext that says what was written; behind it, after a blank, what to leave out of it if anything."""
    is_shortened = pc.fill_null(pc.starts_with(sources, WITHOUT), False)
    shortened = pc.binary_join_element_wise(ciphers, pc.utf8_slice_codeunits(sources, len(WITHOUT)), " ")
    elsewhere = pc.if_else(pc.not_equal(sources, END), sources, None)
    return pc.if_else(is_shortened, shortened, pc.coalesce(elsewhere, ciphers))


def write_beside(settings: Settings, keyring: Keyring, renewed: Retokenised) -> None:
    """Write every part that holds ciphertexts again, beside the lake; nothing in the lake changes.

    Args:
        settings: of this installation.
        keyring: its keys.
        renewed: takes in what became of the tokens.

    Raises:
        UserError: the lake is damaged, or a ciphertext of a part cannot be opened; names the part.
    """
    require_whole(settings, contents=True)
    shutil.rmtree(settings.lake / FOLDER, ignore_errors=True)
    parts = every_part(settings)
    for number, part in enumerate(parts, start=1):
        columns = personal_columns(settings, part, keyring)
        if columns:
            try:
                _write(settings, keyring, part, columns, renewed)
            except UserError as bad:
                raise UserError(f"{part.relative_to(settings.lake)}: {bad} Nothing was changed.") from bad
        if number % 100 == 0 or number == len(parts):
            log.info("Lake: %d of %d parts, %s values", number, len(parts), f"{renewed.values:,}")


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

    The contract says which kind; where the channel is gone, its ciphertexts say for what they were sealed.
    """
    schema = pq.read_schema(part)
    names = [
        name.removesuffix("_cipher") for name in schema.names if f"{name.removesuffix('_cipher')}_token" in schema.names
    ]
    names = [name for name in dict.fromkeys(names) if f"{name}_cipher" in schema.names]
    if not names:
        return {}
    channel = discover().get(part.parts[-3].removeprefix("raw_"))
    table = next((table for table in channel.tables if table.name == part.parts[-2]), None) if channel else None
    declared = {name: column.type for name, column in table.contract.items() if column.is_token} if table else {}
    kinds = {name: declared.get(name) or _sealed_as(part, name, keyring) for name in names}
    return {name: kind for name, kind in kinds.items() if kind}


def _sealed_as(part: Path, name: str, keyring: Keyring) -> str | None:
    column = pq.read_table(part, columns=[f"{name}_cipher"], partitioning=None).column(0).drop_null()
    if not len(column):
        return None
    cipher = column[0].as_py()
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


def _write(settings: Settings, keyring: Keyring, part: Path, columns: dict[str, str], renewed: Retokenised) -> None:
    file = pq.ParquetFile(part)
    target = _beside(settings, part)
    schema = _schema(file.schema_arrow, columns)
    with pq.ParquetWriter(target, schema) as writer:
        for batch in file.iter_batches(_ROWS_A_BATCH):
            rows = {name: batch.column(name) for name in batch.schema.names}
            for name, kind in columns.items():
                before = rows[f"{name}_token"]
                fresh = retokenise_channel(
                    settings, keyring, kind, rows[f"{name}_cipher"], rows.get(f"{name}_source_cipher"), before
                )
                renewed.note(before, fresh)
                rows |= {f"{name}_{part}": fresh[part] for part in parts_of_kind(kind)}
            writer.write_batch(pa.record_batch([rows[field.name].cast(field.type) for field in schema], schema=schema))


def _schema(schema: pa.Schema, columns: dict[str, str]) -> pa.Schema:
    """The part's columns, and behind them what today's contract has more."""
    more = [f"{name}_{part}" for name, kind in columns.items() for part in parts_of_kind(kind)]
    added = [pa.field(name, pa.string()) for name in more if name not in schema.names]
    return pa.schema([*schema, *added])


def _beside(settings: Settings, part: Path) -> Path:
    place = settings.lake / FOLDER / part.relative_to(settings.lake)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _count(truths: pa.Array) -> int:
    return int(pc.sum(truths).as_py() or 0)
