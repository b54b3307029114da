"""An output that lets downstream steps run without claiming that the asset was brought up to date."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION


def skipped_output(output_name: str) -> dg.Output[None]:
    """An output of a step whose asset stays as it was.

    Dagster skips everything downstream of a missing output, and an ordinary output counts as a materialization, which
    would make an unread source look fresh. The mark that Dagster gives to outputs whose events were already recorded
    avoids both. It is private, so a test guards it.
    """
    return dg.Output(None, output_name=output_name, metadata={SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True})
