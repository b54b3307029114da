"""What a reader chose stands in the address: reload, going back and a link sent to somebody show the same.

Streamlit's own binding of widgets to the address writes their labels, which are other words in another language, and is
lost on the way back from another page. Here the address holds codes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

Code = TypeVar("Code", bound=str | int | None)


# What only the address of one page says.
_OF_ONE_PAGE = {"id": "customer", "of": "members"}


def choice(
    widget: Callable[..., Any], label: str, options: Sequence[Code], key: str, default: Code, **look: Any
) -> Code:
    """One of several options, drawn by `st.segmented_control` or `st.selectbox`.

    Args:
        widget: that draws it.
        label: in the reader's language.
        options: codes; an empty one for no choice, which Streamlit would not name if it were None.
        key: of the widget and of the address.
        default: what counts where the address says nothing, or something that is no option.
        **look: further arguments of the widget.
    """
    known = {str(option): option for option in options}
    st.session_state[key] = known.get(st.query_params.get(key, ""), default)
    widget(label, options, key=key, on_change=_write, args=(key, default), **look)
    chosen: Code = st.session_state[key]
    return default if chosen is None else chosen


def tabs(label: str, options: Sequence[Code], key: str, default: Code, words: Callable[[Any], str]) -> Code:
    """One of several options that stand side by side, always one of them; see `choice`.

    Args:
        label: for screen readers, in the reader's language.
        options: codes.
        key: of the widget and of the address.
        default: what counts where the address says nothing, or something that is no option.
        words: what an option is called, in the reader's language.
    """
    return choice(
        st.segmented_control,
        label,
        options,
        key=key,
        default=default,
        format_func=words,
        required=True,
        label_visibility="collapsed",
    )


def several(label: str, options: Sequence[str], key: str, name: str, **look: Any) -> list[str]:
    """Any number of options, drawn as pills; none chosen is an empty list.

    Args:
        label: in the reader's language.
        options: codes.
        key: of the widget.
        name: in the address.
        **look: further arguments of `st.pills`.
    """
    asked = st.query_params.get(name, "").split(",")
    st.session_state[key] = [option for option in options if option in asked]
    st.pills(label, options, selection_mode="multi", key=key, on_change=_write, args=(key, [], name), **look)
    return list(st.session_state[key])


def switch(label: str, key: str) -> bool:
    """On or off, drawn as a toggle; off where the address says nothing.

    Args:
        label: in the reader's language.
        key: of the widget and of the address.
    """
    st.session_state[key] = st.query_params.get(key) == "1"
    st.toggle(label, key=key, on_change=_write, args=(key, False))
    return bool(st.session_state[key])


def note(name: str, value: str | None) -> None:
    """Write a value into the address, or take it out with None."""
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def keep(page: str) -> None:
    """Give a page back the address that it had: on the way to another one Streamlit writes that one's into it.

    Args:
        page: path of the page that is shown.
    """
    kept = st.session_state.setdefault("addresses", {})
    if any(name in st.query_params and page != owner for name, owner in _OF_ONE_PAGE.items()):
        st.query_params.from_dict(kept.get(page, {}))
    else:
        kept[page] = dict(st.query_params)


def _write(key: str, default: Any, name: str = "") -> None:
    """What a widget shows now; what counts anyway is left out."""
    chosen = st.session_state[key]
    if isinstance(chosen, list):
        text = ",".join(chosen)
    else:
        text = str(int(chosen)) if isinstance(chosen, bool) else str(chosen)
    note(name or key, None if chosen in (None, default) else text)
