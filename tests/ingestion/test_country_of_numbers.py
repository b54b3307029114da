"""Numbers written without a country's code are read again as another country's, from what is in the lake."""

from itertools import pairwise

import pyarrow as pa
import pytest

from ingestion.personal_data.protection import END, WITHOUT, protect_column
from ingestion.personal_data.retokenised_column import in_columns, in_vault, retokenise_column
from ingestion.personal_data.sealed_values import SealedValues
from stores.key_record import open_keyring
from stores.lake.vault import LoadedVault
from stores.settings import Settings

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


@pytest.mark.parametrize("kind", ["phone", "any_phone"])
def test_in_another_country_a_lake_reads_as_if_it_had_always_been_there(settings: Settings, kind: str) -> None:
    keyring, sealed = open_keyring(settings), SealedValues()
    kept = protect_column(WRITTEN, kind, keyring, "CN", sealed)
    for number, (before, after) in enumerate(pairwise(["CN", "HK", "US", "GB", "CN", "CN"])):
        there = settings.model_copy(update={"country": after})
        sealed.keep(settings, f"test.{number}", settings.state / "sealed")
        with LoadedVault(settings) as vault:
            column = in_vault(vault, kept["token"], kept["source_ref"])
        kept = retokenise_column(there, keyring, kind, column, sealed)
        fresh = protect_column(WRITTEN, kind, keyring, after)
        for part in ("token", "mask", "line_type", "further"):
            assert kept[part].to_pylist() == fresh[part].to_pylist(), (before, after, part)
        tokens, refs, others = (
            kept["token"].to_pylist(),
            kept["source_ref"].to_pylist(),
            fresh["source_ref"].to_pylist(),
        )
        rows = zip(WRITTEN.to_pylist(), tokens, refs, others, strict=True)
        # Without a token a reference is like no other; of outer blanks nothing is kept.
        assert all(ref == other for text, token, ref, other in rows if token and text == text.strip()), (before, after)


def test_a_country_code_that_was_not_written_is_not_sealed_a_second_time(settings: Settings) -> None:
    sources = protect_column(WRITTEN, "phone", open_keyring(settings))["source_ref"].to_pylist()
    assert sources[1:5] == [WITHOUT + "+86", None, None, WITHOUT + "+"]


def test_what_was_only_the_end_of_a_number_never_passes_for_a_whole_one(settings: Settings) -> None:
    keyring, sealed = open_keyring(settings), SealedValues()
    ends = pa.array(["261234567", "61234567"])
    tokens = pa.array([keyring.token("phone", end.as_py()) for end in ends])
    ciphers = pa.array([keyring.seal("phone", end.as_py()) for end in ends])
    first = retokenise_column(settings, keyring, "any_phone", in_columns(tokens, ciphers, None), sealed)
    assert first["source_ref"].to_pylist() == [END, END]
    sealed.keep(settings, "test", settings.state / "sealed")
    there = settings.model_copy(update={"country": "HK"})
    with LoadedVault(settings) as vault:
        column = in_vault(vault, first["token"], first["source_ref"])
    again = retokenise_column(there, keyring, "any_phone", column, sealed)
    assert again["token"].equals(tokens)
    assert again["source_ref"].to_pylist() == [END, END]
