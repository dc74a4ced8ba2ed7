"""Before an account is looked at: what windows left behind is found out and booked, so that it makes no breaks."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.log import run_logger
from tasks.runs import keep_lease
from tasks.stores import open_stores
from tieout.closing import Close
from tieout.errors import TieoutError


@task(task_run_name="settle {close.account_id} {close.business_date}", cache_policy=NO_CACHE, retries=0)
def settle_orders(close: Close) -> Close:
    """Resolve and book what the account's windows left. Nothing is sent, and nothing cancelled.

    Where that cannot be done now, the close goes on without it: it sees for itself what is missing in the book.

    raises    StoreError where another run has taken the account over
    """
    from tasks.trading.leftovers import settle_leftovers
    from tasks.trading.venues import open_venues

    with open_stores() as stores:
        keep_lease(stores, close)
        if close.dry_run:
            return close
        try:
            with open_venues(stores.settings) as venues:
                settle_leftovers(stores, venues, close.account_id)
        except TieoutError as error:
            run_logger().error("orders that windows left were not seen to: %s", error)
    return close
