"""The look that all charts share."""

from __future__ import annotations

from typing import Any

import altair as alt
from altair.utils import schemapi

from dashboards.components import palette
from dashboards.components.i18n import is_chinese

Spec = dict[str, Any]

# Altair would validate each part of each chart when it is made; see `styled`.
schemapi.disable_debug_mode()


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


def fitting(text: str, room: str, padding: int = 20) -> str:
    """Vega expression for a text field that is shown only where there is room for it on the reader's screen.

    Args:
        text: name of the text field; the field `<text>_width` holds how wide it is (`text_width`).
        room: expression for the room in pixels; `width` is that of the chart as drawn.
        padding: pixels to keep free.
    """
    return f"datum.{text}_width + {padding} <= {room} ? datum.{text} : ''"


def styled(chart: alt.Chart | alt.LayerChart, height: int) -> Spec:
    """The finished Vega-Lite specification of a chart, with its height in pixels and the house look.

    Nothing is validated here, because that takes longer than all queries of a page; a test validates every chart.
    """
    return {**chart.to_dict(validate=False), "height": height, "background": "transparent", "config": _config()}


def _config() -> Spec:
    return {
        "font": palette.FONT,
        "padding": {"left": 2, "right": 6, "top": 6, "bottom": 2},
        "view": {"stroke": None},
        "axis": {
            "labelColor": palette.muted(),
            "titleColor": palette.muted(),
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "gridColor": palette.faint(),
            "domainColor": palette.line(),
            "tickColor": palette.line(),
            "labelPadding": 6,
        },
        "legend": {
            "labelColor": palette.ink(),
            "labelFontSize": 12,
            "title": None,
            "orient": "top",
            "symbolType": "square",
            "symbolSize": 90,
        },
    }


def picking() -> alt.Parameter:
    """Lets a reader click a mark: the selection `picked` yields its field `which`."""
    return alt.selection_point(name="picked", fields=["which"], on="click", clear="dblclick")
