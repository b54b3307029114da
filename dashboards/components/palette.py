"""The colours of the app; `.streamlit/config.toml` and `theme.css` use the same ones."""

from __future__ import annotations

INK = "#1D2B2A"
MUTED = "#6A7B7A"
LINE = "#DFE7E5"
FAINT = "#EEF3F1"
CARD = "#FFFFFF"
JADE = "#0E7C66"
JADE_SOFT = "#7CC0AE"
JADE_RAMP = ["#EAF4F1", "#C5E2DA", "#8CC7B6", "#4AA68E", "#0E7C66", "#0A5749"]
SKY = "#2F7FB5"
AMBER = "#E0A03C"
CORAL = "#D4694C"
VIOLET = "#7466B0"
GREY = "#A9B6B8"
FONT = "'PingFang SC', 'HarmonyOS Sans SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"

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
