"""Numbers written without a country's code are read again as another country's, from what is in the lake."""

import re
from itertools import pairwise

import pyarrow as pa
import pytest

from ingestion.personal_data.protection import END, WITHOUT, protect_column
from ingestion.personal_data.retokenisation import retokenise_channel
from stores.key_record import open_keyring
from stores.settings import Settings
from tests.testing.lake_tokens import CIPHERTEXT

WRITTEN = pa.array(
    [
        "61234567",
        "13711112222",
        "+85261234567",
        "+8613711112222",
        "8613711112222",
        " 2071838750 ",
        "13711112222/61234567",
        "021-62130005转801",
        "x",
        None,
    ]
)


def _without_ciphertexts(values: pa.Array) -> list[str]:
    return [re.sub(CIPHERTEXT, "", value or "") for value in values.to_pylist()]


@pytest.mark.parametrize("kind", ["phone", "any_phone"])
def test_in_another_country_a_lake_reads_as_if_it_had_always_been_there(settings: Settings, kind: str) -> None:
    keyring = open_keyring(settings)
    kept = protect_column(WRITTEN, kind, keyring, "CN")
    for before, after in pairwise(["CN", "HK", "US", "GB", "CN", "CN"]):
        there = settings.model_copy(update={"country": after})
        kept = retokenise_channel(there, keyring, kind, kept["cipher"], kept["source_cipher"], kept["token"])
        fresh = protect_column(WRITTEN, kind, keyring, after)
        for part in ("token", "mask", "line_type", "further"):
            kept_values, fresh_values = (_without_ciphertexts(parts[part]) for parts in (kept, fresh))
            assert kept_values == fresh_values, (before, after, part)


def test_a_country_code_that_was_not_written_costs_no_second_ciphertext(settings: Settings) -> None:
    sources = protect_column(WRITTEN, "phone", open_keyring(settings))["source_cipher"].to_pylist()
    assert sources[1:5] == [WITHOUT + "+86", None, None, WITHOUT + "+"]


def test_what_was_only_the_end_of_a_number_never_passes_for_a_whole_one(settings: Settings) -> None:
    keyring = open_keyring(settings)
    ends = pa.array(["261234567", "61234567"])
    tokens = pa.array([keyring.token("phone", end.as_py()) for end in ends])
    ciphers = pa.array([keyring.seal("phone", end.as_py()) for end in ends])
    first = retokenise_channel(settings, keyring, "any_phone", ciphers, None, tokens)
    assert first["source_cipher"].to_pylist() == [END, END]
    there = settings.model_copy(update={"country": "HK"})
    again = retokenise_channel(there, keyring, "any_phone", first["cipher"], first["source_cipher"], first["token"])
    assert again["token"].equals(tokens)
    assert again["source_cipher"].to_pylist() == [END, END]
