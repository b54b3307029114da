"""The vault (密文库): sealed values apart from the tables that speak of them, one row a value, found by its reference.

`lake/raw_vault/sealed_values/*.parquet` holds reference, kind, name of the key and ciphertext. Rows are only added: a
file appears whole and before anything that refers to it counts, so a reference without its value is damage, never a
matter of time.

A reference is the keyed hash (`Keyring.token`) of the very text that is sealed. So a token is the reference of its
normal form; a value written in another way has a reference of its own. Nobody can make one without the key, and two
references are equal only where the tokens of the values are equal: they tell no more than tokens do, except which of
equal values are also written alike. What has no token could be compared by its reference and by nothing else, so it
gets a random one.
"""

from stores.lake.vault.compaction import compact_vault
from stores.lake.vault.file_list import files_going
from stores.lake.vault.files import (
    SCHEMA,
    SEALED_KINDS,
    add_sealed,
    file_and_sum,
    is_faulty,
    new_reference,
    renew_empty_file,
    vault_faults,
    vault_files,
    vault_folder,
    vault_relation,
)
from stores.lake.vault.lookup import LoadedVault, VaultReader, find_sealed

__all__ = [
    "SCHEMA",
    "SEALED_KINDS",
    "LoadedVault",
    "VaultReader",
    "add_sealed",
    "compact_vault",
    "file_and_sum",
    "files_going",
    "find_sealed",
    "is_faulty",
    "new_reference",
    "renew_empty_file",
    "vault_faults",
    "vault_files",
    "vault_folder",
    "vault_relation",
]
