"""Splink on the two data sets as its own public examples set it up: the peer of `identity_linkage`."""

from __future__ import annotations

from typing import Any

import duckdb


def public_linker(connection: duckdb.DuckDBPyConnection, name: str) -> Any:
    """A trained linker on the table `records`.

    Args:
        connection: holds the table.
        name: fake_1000 or febrl3.
    """
    from splink import Linker, SettingsCreator, block_on
    from splink.internals.duckdb.database_api import DuckDBAPI

    comparisons, blocking, certain, recall, training = {"fake_1000": _fake_1000, "febrl3": _febrl3}[name]()
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in blocking],
    )
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register("records", dataset_display_name="records"), settings)
    linker.training.estimate_probability_two_random_records_match([block_on(*one) for one in certain], recall=recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for columns in training:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    return linker


def _fake_1000() -> tuple[Any, ...]:
    import splink.comparison_library as compare

    comparisons = [
        compare.NameComparison("first_name"),
        compare.NameComparison("last_name"),
        compare.DateOfBirthComparison("dob", input_is_string=True),
        compare.ExactMatch("city").configure(term_frequency_adjustments=True),
        compare.EmailComparison("email"),
    ]
    blocking = [("first_name",), ("last_name",), ("dob",), ("email",)]
    certain = [("first_name", "last_name", "dob"), ("email",)]
    return comparisons, blocking, certain, 0.7, [("first_name", "last_name"), ("dob",), ("email",)]


def _febrl3() -> tuple[Any, ...]:
    import splink.comparison_library as compare

    comparisons = [
        compare.NameComparison("first_name"),
        compare.NameComparison("last_name"),
        compare.DateOfBirthComparison("dob", input_is_string=True, datetime_format="%Y%m%d"),
        compare.DamerauLevenshteinAtThresholds("national_id", [2]),
        compare.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        compare.DamerauLevenshteinAtThresholds("postcode", [2]),
    ]
    blocking = [("national_id",), ("first_name",), ("last_name",), ("dob",), ("postcode", "street_number")]
    certain = [("national_id",), ("first_name", "last_name", "dob")]
    return comparisons, blocking, certain, 0.9, [("dob",), ("first_name", "last_name"), ("postcode",)]
