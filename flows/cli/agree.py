"""`tieout agree`: what opens a door, and takes two people: real money, and keys that can take it out."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.people import Code, propose

app = typer.Typer(help="Let people agree to what opens a door; `tieout approve` takes the second yes.")

Account = Annotated[str, typer.Argument(help="Account name from tieout.toml.")]
By = Annotated[str, typer.Option("--by", help="Your name in [approvers].")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the agreement.")]
Revoke = Annotated[bool, typer.Option("--revoke", help="Take it back; one person is enough.")]


@app.command("live")
def live(
    account: Account, by: By, reason: Reason, revoke: Revoke = False, code: Code = None, as_json: AsJson = False
) -> None:
    """Let an account trade real money, with the key, endpoint and mode it has now."""
    _agree("live", account, by, reason, code, revoke=revoke, as_json=as_json)


@app.command("withdrawal-key")
def withdrawal_key(
    account: Account, by: By, reason: Reason, revoke: Revoke = False, code: Code = None, as_json: AsJson = False
) -> None:
    """Accept that an account trades with a key that can take money out; the settings must accept it too."""
    _agree("withdrawal_key", account, by, reason, code, revoke=revoke, as_json=as_json)


def _agree(what: str, account: str, by: str, reason: str, code: str | None, *, revoke: bool, as_json: bool) -> None:
    from tasks import acts
    from tasks.going_live import require_ready
    from tasks.stores import open_stores
    from tieout.acts import terms_of
    from tieout.agreement import ActKind
    from tieout.closing import choose_accounts

    kind = ActKind(what)
    with open_stores() as stores:
        (chosen,) = choose_accounts(stores.settings, [account])
        if revoke:
            typer.echo(acts.revoke(stores, kind, account, by))
            return
        if kind is ActKind.LIVE:
            require_ready(stores.settings, chosen)
        propose(stores, acts.Wish(kind, account, {"terms": terms_of(chosen)}, by, reason), code, as_json=as_json)
