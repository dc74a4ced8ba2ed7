"""What Streamlit shows: the pages, the choice of an account, and how often each looks again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from flows.dashboard.holdings import options, positions
from flows.dashboard.overview import overview
from flows.dashboard.reading import Facts
from flows.dashboard.standing import SPANS, equity, health, quality
from flows.dashboard.trading import breaks, orders
from sql.looking import Looking
from tieout.errors import TieoutError
from tieout.redact import redact_text

LIVE_S, SLOW_S = 3, 30  # how often a page looks again: order flow; what changes with a close
ALL = "All accounts"
ICON = Path(__file__).with_name("icon.svg")
LOOK = Path(__file__).with_name("look.css")


def show() -> None:
    """One run of the script."""
    st.set_page_config(page_title="tieout", page_icon=str(ICON), layout="wide")
    st.html(LOOK)
    pages = [
        _page("Overview", overview, SLOW_S, default=True),
        _page("Positions", positions, SLOW_S),
        _page("Orders", orders, LIVE_S),
        _page("Breaks", breaks, SLOW_S),
        _page("Options", options, SLOW_S),
        _page("Equity", equity, SLOW_S),
        _page("Health", health, SLOW_S),
        _page("Quality", quality, SLOW_S),
    ]
    chosen = st.navigation(pages, position="top")
    _choose_account()
    chosen.run()


def _page(title: str, view: Callable[..., Any], every_s: int, *, default: bool = False) -> Any:
    return st.Page(partial(_shown, title, view, every_s), title=title, url_path=title.lower(), default=default)


def _shown(title: str, view: Callable[..., Any], every_s: int) -> None:
    st.html(f'<div class="tieout"><h2>{title}</h2></div>')
    more = (
        (st.segmented_control("Time", list(SPANS), default="1 year", label_visibility="collapsed") or "1 year",)
        if view is equity
        else ()
    )

    @st.fragment(run_every=every_s)
    def looked_at() -> None:
        try:
            st.html(str(view(_facts(), *more)))
        except TieoutError as error:
            st.error(redact_text(str(error)))

    looked_at()


def _choose_account() -> None:
    """One choice for all pages; `?account=NAME` is a link to it."""
    try:
        names = [ALL, *(str(row["account_id"]) for row in _everything().measured("accounts"))]
    except TieoutError as error:
        st.error(redact_text(str(error)))
        st.stop()
    wanted = st.query_params.get("account", st.session_state.get("account", ALL))
    index = names.index(wanted) if wanted in names else 0
    st.session_state["account"] = st.selectbox("Account", names, index=index, label_visibility="collapsed")


def _facts() -> Facts:
    chosen = st.session_state.get("account", ALL)
    every = _everything()
    return Facts(every.looking, every.settings, None if chosen == ALL else chosen, every.kept)


@st.cache_resource
def _everything() -> Facts:
    """The stores that the settings name, opened once."""
    from tasks.settings import load_settings

    settings = load_settings()
    return Facts(Looking(settings.journal_url, settings.warehouse_url), settings, None, {})
