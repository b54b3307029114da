"""Puts values into the vault of a test, as ingestion would."""

import secrets
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.personal_data.sealed_values import SealedValues
from stores.keyring import Keyring
from stores.lake.vault import SCHEMA, add_sealed, vault_folder
from stores.lake.vault.file_list import list_path
from stores.settings import Settings


def seal_values(settings: Settings, keyring: Keyring, kind: str, values: Iterable[str]) -> None:
    """Seal normalised values; the vault finds them by their tokens."""
    sealed = SealedValues()
    clear = list(values)
    sealed.add(kind, [keyring.token(kind, value) for value in clear], [keyring.seal(kind, value) for value in clear])
    sealed.keep(settings, f"test.{secrets.token_hex(8)}", settings.state / "sealed_by_a_test")


def write_vault(settings: Settings, rows: Iterable[tuple[str, str, str]]) -> None:
    """Make these (reference, kind, ciphertext) all that the vault has."""
    for path in vault_folder(settings).glob("*"):
        path.unlink()
    for path in (vault_folder(settings).parent / "_parts").glob("*"):
        path.unlink()
    list_path(settings).unlink(missing_ok=True)
    columns = list(zip(*rows, strict=True)) or [()] * 3
    draft = settings.state / "vault_of_a_test.parquet"
    draft.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], schema=SCHEMA), draft)
    add_sealed(settings, "test.rewritten", [draft])
