"""The app is readable in the light and in the dark theme."""

import re
import tomllib

import pytest
import streamlit as st

from dashboards.components import palette
from dashboards.components.charts import mix
from tests.dashboards.conftest import HERE

STYLES = (HERE.parent.parent / "dashboards" / "components" / "theme.css").read_text(encoding="utf-8")
ON_THE_PAGE = (palette.ink, palette.muted)


@pytest.fixture(params=["light", "dark"])
def theme(request, monkeypatch):
    """The theme that the reader's browser shows."""
    monkeypatch.setattr(type(st.context), "theme", property(lambda _: type("Theme", (), {"type": request.param})))
    return request.param


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours by WCAG 2.1."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def of_styles(name: str, theme: str) -> str:
    """A colour of the style sheet."""
    pair = re.search(rf"--gx-{name}: light-dark\((#\w+), (#\w+)\)", STYLES)
    assert pair is not None
    return pair[1 if theme == "light" else 2]


def test_european_letters_are_drawn_by_latin_families():
    """Chinese families have their own, broken, drawing of letters such as ł and ź."""
    config = tomllib.loads((HERE.parent.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    receiver = (HERE.parent.parent / "endpoints" / "receiver" / "page.css").read_text(encoding="utf-8")
    for families in (config["theme"]["font"], config["theme"]["headingFont"], palette.FONT, receiver):
        latin = [families.index(family) for family in ("Segoe UI", "Noto Sans'", "Liberation Sans")]
        assert max(latin) < min(families.index(family) for family in ("PingFang SC", "YaHei", "Noto Sans CJK SC"))


def test_texts_stand_out_from_the_card(theme):
    behind = [palette.card(), *(of_styles(name, theme) for name in ("page", "tint", "faint"))]
    assert all(contrast(colour(), area) >= 4.5 for colour in ON_THE_PAGE for area in behind)


@pytest.mark.parametrize("name", ["jade", "coral", "chosen", "sky", "amber"])
def test_words_in_a_colour_stand_out_from_the_card(theme, name):
    assert contrast(of_styles(name, theme), palette.card()) >= 4.5


def test_words_on_an_area_are_white_or_ink_whichever_is_read_better():
    areas = {*palette.STAGES.values(), *palette.ABC.values(), *palette.LOYALTY.values(), *palette.RFM.values()}
    chosen = {area: contrast(palette.ink_on(area), area) for area in areas}
    assert all(found == max(contrast(one, area) for one in ("#FFFFFF", palette.INK)) for area, found in chosen.items())
    assert min(chosen.values()) > 4


@pytest.mark.parametrize("colour", [palette.JADE, palette.SKY, palette.VIOLET, palette.CORAL])
def test_a_word_in_the_colour_of_an_area_can_be_read(theme, colour):
    assert contrast(palette.as_text(colour), palette.card()) >= 3.4


def test_a_chart_takes_the_themes_colours(theme):
    drawn = str(mix.ring([("a", 1.0, palette.JADE)], "n", "n"))
    assert palette.ink() in drawn
    assert (palette.INK in drawn) == (theme == "light")


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("ink", palette.ink),
        ("muted", palette.muted),
        ("line", palette.line),
        ("faint", palette.faint),
        ("card", palette.card),
    ],
)
def test_styles_and_charts_have_the_same_colours(theme, name, colour):
    assert of_styles(name, theme) == colour()
