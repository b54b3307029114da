"""The colours of the app; `.streamlit/config.toml` and `theme.css` use the same ones.

What lies on the page itself (texts, lines, the card behind a chart) differs between the light and the dark theme and is
a function; colours of areas, and the ink on them, are the same in both.
"""

from __future__ import annotations

import streamlit as st

INK = "#1D2B2A"
_LIGHTER = 0.4
_GRAPHICS = 3.0  # contrast that WCAG asks of lines and points
_STEPS = 20
_EQUAL = 0.224  # luminance of an area on which white and ink are read equally well
JADE = "#0E7C66"
JADE_SOFT = "#7CC0AE"
JADE_RAMP = ["#EAF4F1", "#C5E2DA", "#8CC7B6", "#4AA68E", "#0E7C66", "#0A5749"]
# By theme (is it dark) and whether in greys.
_RAMPS = {
    (False, False): JADE_RAMP,
    (False, True): ["#F1F3F3", "#E2E6E6", "#CDD5D4", "#B7C2C0", "#A1AFAD", "#8C9C99"],
    (True, False): ["#20302C", "#1F463D", "#1C6152", "#23806C", "#57B39D", "#A9DCCD"],
    (True, True): ["#242B2A", "#323B39", "#434D4B", "#596462", "#76817F", "#98A3A1"],
}
SKY = "#2F7FB5"
AMBER = "#E0A03C"
CORAL = "#D4694C"
VIOLET = "#7466B0"
GREY = "#A9B6B8"
# Latin families first, as in .streamlit/config.toml
FONT = (
    "Inter, -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', 'Liberation Sans', "
    "Arial, 'PingFang SC', 'HarmonyOS Sans SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
)

STAGES = {
    "prospect": "#9DB4C8",
    "new": "#3F93C9",
    "active": "#0E7C66",
    "regular": "#79BFA8",
    "dormant": "#E3AE55",
    "churned": "#B9B3AC",
}
ABC = {"A": "#0E7C66", "B": "#79BFA8", "C": "#CFE3DC"}
QUADRANTS = {"star": "#0E7C66", "cash_cow": "#E0A03C", "potential": "#2F7FB5", "basic": "#A9B6B8"}
LOYALTY = {"high_loyalty": "#0E7C66", "potential": "#3F93C9", "to_be_activated": "#E3AE55"}
CAMPAIGN_STATES = {"approved": JADE, "draft": SKY, "paused": AMBER, "changed": CORAL}
DECISIONS = {"send": "#0E7C66", "hold": "#E3AE55", "refuse": "#D4694C"}
# High or low recency, frequency and monetary value, as the eight segments are made of them.
RFM = {
    (True, True, True): "#0E7C66",
    (True, False, True): "#3B9C87",
    (False, True, True): "#2F7FB5",
    (False, False, True): "#D4694C",
    (True, True, False): "#79BFA8",
    (True, False, False): "#A8CFC2",
    (False, True, False): "#96BAD6",
    (False, False, False): "#BCC6C8",
}
CHANNELS = {
    "shop": "#0E7C66",
    "pos": "#B0762A",
    "app": "#2F7FB5",
    "web": "#5B8FA8",
    "exhibitions": "#8A6FB0",
    "service": "#C8553D",
    "wecom": "#3A9A5B",
    "surveys": "#B5658A",
    "loyalty": "#A8862B",
    "activities": "#5D6DB5",
    "operations": "#52727A",
}


def ink() -> str:
    """Texts on the page."""
    return "#E4ECEA" if is_dark() else INK


def muted() -> str:
    """Texts of less weight: axes, notes."""
    return "#9DB0AD" if is_dark() else "#5E6E6D"


def line() -> str:
    """Axes and borders."""
    return "#33423F" if is_dark() else "#DFE7E5"


def faint() -> str:
    """Grids and what is still to be filled."""
    return "#263330" if is_dark() else "#EEF3F1"


def card() -> str:
    """What charts stand on: between parts of an area, and behind words in a cloud of points."""
    return "#18211F" if is_dark() else "#FFFFFF"


def ramp(is_grey: bool = False) -> list[str]:
    """Colours from little to much, the first near to the card; in greys for what is not final."""
    return _RAMPS[is_dark(), is_grey]


def ink_on(colour: str) -> str:
    """White or ink: what can be read better on an area.

    Args:
        colour: of the area, as #RRGGBB.
    """
    return "#FFFFFF" if _luminance(colour) < _EQUAL else INK


def as_text(colour: str) -> str:
    """A colour of an area for words on the page: lighter in the dark theme, so that they can be read.

    Args:
        colour: as #RRGGBB.
    """
    if not is_dark():
        return colour
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(part + (255 - part) * _LIGHTER):02X}" for part in parts)


def as_line(colour: str) -> str:
    """A colour of an area for lines and points on a card: lighter or darker where it would not stand out (3:1).

    Args:
        colour: as #RRGGBB.
    """
    end, behind = 255 if is_dark() else 0, card()
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    for step in range(_STEPS + 1):
        found = "#" + "".join(f"{round(part + (end - part) * step / _STEPS):02X}" for part in parts)
        high, low = sorted((_luminance(found), _luminance(behind)), reverse=True)
        if (high + 0.05) / (low + 0.05) >= _GRAPHICS:
            break
    return found


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.1, 0 to 1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_dark() -> bool:
    """Whether the reader sees the dark theme: the one chosen in the menu, else the system's."""
    return st.context.theme.type == "dark"
