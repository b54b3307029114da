"""A list of customers as a file: what the list shows of each, in the reader's words, for all of them; written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.components.i18n import is_chinese, t, terms
from dashboards.components.money import with_currency
from dashboards.queries import access_log
from dashboards.spreadsheet import csv_file


def button(members: Callable[[], pd.DataFrame], key: str) -> None:
    """Draw the button; the file is made when it is clicked, if the click can be written down.

    Args:
        members: the customers, with the columns of `columns`.
        key: which list, for the file's name and the access log; unique on the page.
    """
    # The click is answered where nobody's language is known, so words are looked up now.
    names, words = columns(), _words()
    st.download_button(
        t("members.download"),
        lambda: exported(members(), key, names, words),
        file_name=f"guanxi_{key}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help=t("members.download.help"),
        key=f"download_{key}",
    )


def columns() -> dict[str, str]:
    """What a file says of a customer, in its order, with the names in the reader's language."""
    segment = "segment_8_zh" if is_chinese() else "segment_8"
    names = {"customer_id": "customer_id", "name_mask": "name", "phone_mask": "phone", "city": "city", "stage": "stage"}
    names |= {segment: "segment", "abc_class": "abc", "value_score": "score", "orders_count": "orders"}
    shown = {column: t(f"members.{name}") for column, name in names.items()}
    shown["net_revenue"] = with_currency(t("members.revenue"))
    shown["last_purchase_at"] = t("members.last_purchase")
    return shown


def exported(
    members: pd.DataFrame, key: str, names: Mapping[str, str], words: Mapping[str, Mapping[str, str]]
) -> bytes:
    """The file, once it is written down who is on it.

    Args:
        members: one row a customer.
        key: which list.
        names: of the columns, as `columns` gives them.
        words: for codes, by column.

    Raises:
        TooManyAccesses: the limit of looks is reached.
        UserError: what cannot be written down is not handed out.
    """
    access_log.note_export(key, len(members), list(names))
    shown = members[list(names)].assign(phone_mask=four_digits(members["phone_mask"]))
    shown["value_score"] = shown["value_score"].round(1)
    shown["last_purchase_at"] = pd.to_datetime(shown["last_purchase_at"]).dt.strftime("%Y-%m-%d")
    for column in set(words) & set(names):
        shown[column] = [words[column].get(code, code) for code in shown[column]]
    filled = shown.astype(object).where(shown.notna(), None)
    return csv_file(list(names.values()), filled.itertuples(index=False, name=None))


def four_digits(masks: pd.Series[Any]) -> pd.Series[Any]:
    """Masked numbers as a list shows them: a customer's page has seven digits, but lists are read by more people."""
    return masks.str.replace(r"^.*\*", "****", regex=True)


def _words() -> dict[str, dict[str, str]]:
    return {"stage": terms("stage"), "segment_8": terms("rfm8")}
