"""What models found, as dbt reads it from the lake: tables that are there before any model has run."""

from __future__ import annotations

from pathlib import Path

from intelligence.lifetime import results as lifetime
from linkage.links_file import ensure_links
from stores.settings import Settings


def results_folder(settings: Settings) -> Path:
    """Folder below which fitted models of customers leave results: the lake; of a past day a folder of its own."""
    return settings.build_home / "lake"


def ensure_results(settings: Settings) -> None:
    """Make the results of all models readable: files without rows where a model has not run yet."""
    ensure_links(settings.lake)
    lifetime.ensure_results(results_folder(settings))
