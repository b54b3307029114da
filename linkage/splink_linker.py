"""Splink on a DuckDB connection that holds the feature table."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from linkage.blocking import Key
from linkage.features import TABLE, UNIQUE_ID


def linker(connection: duckdb.DuckDBPyConnection, settings: dict[str, Any]) -> Any:
    """A Splink linker on the table `features`."""
    from splink import Linker
    from splink.internals.duckdb.database_api import DuckDBAPI

    api = DuckDBAPI(connection=connection)
    return Linker(api.register(TABLE, dataset_display_name=TABLE), settings, log_level=logging.ERROR)


def drop_results(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the tables that linkers left; what they compute from pairs would fill the memory, one run after the other.

    Args:
        connection: of the linkers; none of them is used any more.
    """
    left = connection.execute(
        "select table_name from duckdb_tables() where starts_with(table_name, '__splink__')"
    ).fetchall()
    for (name,) in left:
        connection.execute(f'drop table "{name}"')


@contextmanager
def in_any_order(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """While the block runs, results may come in any order: keeping it needs memory that grows with the pairs."""
    connection.execute("set preserve_insertion_order = false")
    try:
        yield
    finally:
        connection.execute("reset preserve_insertion_order")


def untrained(comparisons: Sequence[dict[str, Any]], keys: Sequence[Key], prior: float) -> dict[str, Any]:
    """Splink's settings before training.

    Args:
        comparisons: as Splink spells them.
        keys: the columns to block on, one tuple for each rule.
        prior: probability that two random profiles are one person.
    """
    from splink import SettingsCreator, block_on

    return dict(
        SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name=UNIQUE_ID,
            comparisons=list(comparisons),
            blocking_rules_to_generate_predictions=[block_on(*key) for key in keys],
            probability_two_random_records_match=prior,
            retain_intermediate_calculation_columns=True,
            retain_matching_columns=False,
        ).create_settings_dict("duckdb")
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Splink tells its story to people at a notebook; here only what we make of it is told."""
    logger = logging.getLogger("splink")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
