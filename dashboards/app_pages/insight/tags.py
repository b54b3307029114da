"""标签: the catalogue, who carries what, which shares moved, and the customers behind each tag."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.components import address, cards, empty_states, html, palette
from dashboards.components.figures import drill_down, filter_row, tag_names
from dashboards.components.i18n import NOTHING, day, language, number, percent, t
from dashboards.queries import published_copy
from dashboards.queries.insight import tags

PAGE = {"title": "page.tags", "icon": ":material/sell:", "order": 22}

# What the business asks for: the share of active customers who carry at least twenty tags.
_WANTED = 0.8


def main() -> None:
    """Draw the page: the catalogue in numbers, its families, and the tags of the chosen one."""
    as_of = published_copy.publication().as_of
    cards.page_head(t("page.tags"), t("tags.subtitle", as_of=day(as_of)))
    with empty_states.guarded_card():
        summary, families = tags.summary(), tags.families()
        if not summary or not families:
            empty_states.empty(t("state.no_rows"))
            return
        _numbers(summary)
        with cards.card("tag_families", t("tags.families"), t("tags.families.note"), stretch=False):
            _families(families)
        with cards.card("tag_catalogue", t("tags.catalogue"), t("tags.catalogue.note"), stretch=False):
            names = {one["family"]: tag_names.in_language(one, "name") for one in families}
            chosen = address.choice(
                st.selectbox, t("tags.family"), list(names), key="family", default=families[0]["family"],
                format_func=names.get,
            )  # fmt: skip
            _catalogue(tags.catalogue(chosen))


def _numbers(found: dict[str, Any]) -> None:
    share = found["well_tagged_active_share"]
    colour = palette.GREY if share is None else palette.JADE if share >= _WANTED else palette.CORAL
    cards.tiles(
        [
            cards.Tile(
                t("tags.count"), number(found["tags"]), "", t("tags.count.text", held=number(found["held_tags"])),
                palette.JADE,
            ),
            cards.Tile(
                t("tags.coverage"), percent(share),
                t("tags.coverage.wanted", share=percent(_WANTED, 0)),
                t("tags.coverage.text", customers=number(found["active_customers"])),
                colour,
            ),
            cards.Tile(
                t("tags.median"), number(found["median_counted_tags"]), "", t("tags.median.text"), palette.SKY
            ),
            cards.Tile(
                t("tags.unknown"), number(found["tags_without_metric"]), "", t("tags.unknown.text"), palette.GREY
            ),
            cards.Tile(
                t("tags.drifting"), number(found["drifting_tags"]), "", t("tags.drifting.text"),
                palette.AMBER if found["drifting_tags"] else palette.GREY,
            ),
        ]
    )  # fmt: skip


def _families(families: list[dict[str, Any]]) -> None:
    chosen = filter_row.everything(published_copy.publication().as_of)
    html.table(
        [t(f"tags.column.{name}") for name in ("family", "kind", "tags", "customers", "share", "active_share")],
        [
            [
                html.Link(tag_names.in_language(one, "name"), "tags", {"family": one["family"], "lang": language()}),
                t("tags.inferred" if one["is_inferred"] else "tags.stated"),
                t("tags.held_of", held=number(one["held_tags"]), tags=number(one["tags"])),
                number(one["customers"])
                if one["has_sensitive"]
                else drill_down.cell(
                    number(one["customers"]), int(one["customers"]), "tag_family", chosen, one["family"]
                ),
                html.Bar(percent(one["customer_share"]), one["customer_share"] or 0, palette.JADE_SOFT),
                html.Bar(percent(one["active_share"]), one["active_share"] or 0),
            ]
            for one in families
        ],
        left=2,
    )


def _catalogue(rows: list[dict[str, Any]]) -> None:
    chosen = filter_row.everything(published_copy.publication().as_of)
    html.table(
        [t(f"tags.column.{name}") for name in ("tag", "state", "customers", "share", "before", "changed", "metric")],
        [
            [
                tag_names.title(row),
                _state(row),
                number(row["customers"])
                if row["is_sensitive"]
                else drill_down.cell(number(row["customers"]), int(row["customers"]), "tag", chosen, _which(row)),
                html.Bar(percent(row["customer_share"]), row["customer_share"] or 0),
                _before(row),
                NOTHING if row["changed_on"] is None else day(row["changed_on"]),
                row["metric"] or t("tags.own_model"),
            ]
            for row in rows
        ],
        left=2,
    )


def _state(row: dict[str, Any]) -> Any:
    if row["is_sensitive"]:
        return html.Pill(t("tags.sensitive"), palette.VIOLET)
    if row["is_drifting"]:
        return html.Pill(t("tags.moved"), palette.AMBER)
    return tag_names.in_language(row, "state")


def _before(row: dict[str, Any]) -> str:
    if row["customer_share_before"] is None:
        return NOTHING
    return t("tags.before", share=percent(row["customer_share_before"]), day=day(row["compared_with"]))


def _which(row: dict[str, Any]) -> str:
    return str(row["tag"]) if row["value"] is None else f"{row['tag']}.{row['value']}"


main()
