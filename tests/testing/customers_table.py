"""The table of customers as far as plans and previews ask it."""

from collections.abc import Mapping

import duckdb


def make_customers(warehouse: duckdb.DuckDBPyConnection, name_masks: Mapping[str, str | None], everybody: int) -> None:
    """Make `marts.customers`.

    Args:
        warehouse: an open one.
        name_masks: what customers are called, masked, by id; None where no name is known.
        everybody: how many customers there are in all.
    """
    warehouse.execute(
        "create or replace table marts.customers as"
        " select unnest($known) as customer_id, unnest($masks)::varchar as name_mask"
        " union all select 'other_' || n, null from range($others) as more (n)",
        {"known": [*name_masks], "masks": [*name_masks.values()], "others": everybody - len(name_masks)},
    )
