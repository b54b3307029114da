"""Dagster definitions, one module per stage of the loop; found and loaded by `orchestration.definitions`."""
