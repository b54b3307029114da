"""The look that all charts share."""

from __future__ import annotations

from typing import TypeVar

import altair as alt

from dashboards.components import palette

Drawn = TypeVar("Drawn", alt.Chart, alt.LayerChart)


def styled(chart: Drawn, height: int) -> Drawn:
    """Give a finished chart its height in pixels and the house look."""
    return (
        chart.properties(height=height, background="transparent")
        .configure(font=palette.FONT, padding={"left": 2, "right": 6, "top": 6, "bottom": 2})
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=palette.MUTED,
            titleColor=palette.MUTED,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            gridColor=palette.FAINT,
            domainColor=palette.LINE,
            tickColor=palette.LINE,
            labelPadding=6,
        )
        .configure_legend(
            labelColor=palette.INK, labelFontSize=12, title=None, orient="top", symbolType="square", symbolSize=90
        )
    )
