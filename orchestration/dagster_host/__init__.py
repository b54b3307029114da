"""Dagster's instance, storages and processes, redacted and guarded."""
