"""The app is readable in the light and in the dark theme."""

import re
import tomllib

import pytest
import streamlit as st

from dashboards.components import palette
from dashboards.components.charts import histories as history_charts
from dashboards.components.charts import mix
from dashboards.components.charts.lifetime import calibration_chart
from dashboards.queries.insight import histories, lifetime
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


@pytest.mark.parametrize("colour", [
    palette.JADE, palette.JADE_SOFT, palette.SKY, palette.AMBER, palette.CORAL, palette.VIOLET, palette.GREY,
    *palette.STAGES.values(), *palette.ABC.values(), *palette.QUADRANTS.values(), *palette.LOYALTY.values(),
])  # fmt: skip
def test_lines_and_points_stand_out_from_the_card(theme, colour):
    assert contrast(palette.as_line(colour), palette.card()) >= 3


def test_what_is_drawn_as_lines_stands_out_from_the_card(theme, published):
    models = {"mbg_nbd": "a", "cohort_rates": "b"}
    drawn = [
        calibration_chart(lifetime.calibration("m2", 90), models, {"expected": "e", "made": "m", "decile": "d"}),
        history_charts.retention_lines(histories.cohorts(24), [1, 3, 6]),
        history_charts.size_lines(
            histories.sizes("segment_11").assign(which=None), {"champions": "c", "loyal": "l"}, {}
        ),
    ]
    for chart in drawn:
        lines = [layer for layer in chart.get("layer", [chart]) if layer["mark"]["type"] in ("line", "circle")]
        assert lines
        for layer in lines:
            scale = layer["encoding"].get("color", {}).get("scale", {})
            colours = scale.get("range") or [layer["mark"]["color"]]
            assert [colour for colour in colours if contrast(colour, palette.card()) < 3] == []
            assert layer["mark"].get("opacity", 1) == 1


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
