"""The colours of the app; `.streamlit/config.toml` and `theme.css` use the same ones.

What lies on the page itself (texts, lines, the card behind a chart) differs between the light and the dark theme and is
a function; colours of areas, and the ink on them, are the same in both.
"""

from __future__ import annotations

import streamlit as st

INK = "#1D2B2A"
_LIGHTER = 0.4
_EQUAL = 0.224  # luminance of an area on which white and ink are read equally well
JADE = "#0E7C66"
JADE_SOFT = "#7CC0AE"
JADE_RAMP = ["#EAF4F1", "#C5E2DA", "#8CC7B6", "#4AA68E", "#0E7C66", "#0A5749"]
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


def ink_on(colour: str) -> str:
    """White or ink: what can be read better on an area.

    Args:
        colour: of the area, as #RRGGBB.
    """
    # relative luminance by WCAG
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return "#FFFFFF" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < _EQUAL else INK


def as_text(colour: str) -> str:
    """A colour of an area for words on the page: lighter in the dark theme, so that they can be read.

    Args:
        colour: as #RRGGBB.
    """
    if not is_dark():
        return colour
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(part + (255 - part) * _LIGHTER):02X}" for part in parts)


def is_dark() -> bool:
    """Whether the reader sees the dark theme: the one chosen in the menu, else the system's."""
    return st.context.theme.type == "dark"
