"""The look that all charts share."""

from __future__ import annotations

from typing import TypeVar

import altair as alt

from dashboards.components import palette
from dashboards.components.text import is_chinese

Drawn = TypeVar("Drawn", alt.Chart, alt.LayerChart)


def short_numbers() -> str:
    """Vega expression for axis labels: 1.5万 or 15K, whole numbers below."""
    if is_chinese():
        return "abs(datum.value) >= 10000 ? format(datum.value / 10000, '~r') + '万' : format(datum.value, ',')"
    return (
        "abs(datum.value) >= 1e6 ? format(datum.value / 1e6, '~r') + 'M' : "
        "abs(datum.value) >= 1e4 ? format(datum.value / 1e3, '~r') + 'K' : format(datum.value, ',')"
    )


def text_width(text: str) -> float:
    """About how many pixels a text of size 13 takes: a Chinese letter is as wide as high, a Latin one about half."""
    return sum(13.0 if ord(letter) > 0x2E80 else 7.0 for letter in text)


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
