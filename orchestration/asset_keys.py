"""Asset keys, groups and owners that more than one module names."""

from __future__ import annotations

import dagster as dg

from intelligence.lifetime.results import TABLES as LIFETIME_TABLES

CAMPAIGN_DEFINITIONS = dg.AssetKey(["engagement", "campaign_definitions"])
RECEIPTS = dg.AssetKey(["engagement", "receipts"])
DELIVERIES = dg.AssetKey(["engagement", "deliveries"])
LAKE = dg.AssetKey(["lake"])
LAKE_CONTENTS = dg.AssetKey(["lake_contents"])
LAKE_PARTS = dg.AssetKey(["lake_parts"])
# Probable links between profiles: no channel brings them, but they are read from the lake like one.
LINKS = dg.AssetKey(["raw_linkage", "links"])
# What fitted models of customers say, likewise.
LIFETIME = tuple(dg.AssetKey(["raw_intelligence", table]) for table in LIFETIME_TABLES)
PUBLICATION = dg.AssetKey(["publication"])

DATA_TEAM = "team:data-engineering"
OPERATIONS_TEAM = "team:operations"

# Runs that build the warehouse wait for each other in the queue; `stores.warehouse_lock` is the lock outside it.
WAREHOUSE_POOL = "warehouse"
DELIVERY_POOL = "delivery"

# The channel that reads the operations store back into the lake.
READ_BACK = "operations"


def raw_key(channel: str, table: str) -> dg.AssetKey:
    """Key of a raw table: dlt dataset = dbt source = asset prefix."""
    return dg.AssetKey([f"raw_{channel}", table])
