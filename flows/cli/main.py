"""`tieout`: the command line. One file per command; heavy packages are imported where they are used.

Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 finished but critical breaks are open.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from flows.cli import (
    accounts,
    agree,
    alerts,
    approve,
    approvers,
    audit,
    backup,
    blotter,
    breaks,
    credentials,
    dashboard,
    doctor,
    expirations,
    explain,
    halt,
    imports,
    init,
    live,
    orders,
    plan,
    positions,
    replay,
    report,
    resolve,
    run,
    serve,
    setup,
    signals,
    transfers,
    undo,
    version,
    watch,
)
from flows.cli.demo import command as demo
from flows.cli.show import note
from tieout.errors import TieoutError

FAILED = 1


class _OneLineErrors(TyperGroup):
    """Whatever tieout raises on purpose is told in its own words; a traceback means a defect."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except TieoutError as error:
            note(f"tieout: {error}")
            raise typer.Exit(FAILED) from error


app = typer.Typer(
    name="tieout",
    cls=_OneLineErrors,
    help="Daily operations of a trading book: the close ties out, every difference is explained.",
    epilog="Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 finished but critical breaks are open.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)
app.command("accounts")(accounts.accounts)
app.command("run")(run.run)
app.command("plan")(plan.plan)
app.command("breaks")(breaks.breaks)
app.add_typer(explain.app, name="explain")
app.command("orders")(orders.orders)
app.command("blotter")(blotter.blotter)
app.command("confirmations")(blotter.confirmations)
app.add_typer(positions.app, name="positions")
app.add_typer(expirations.app, name="options")
app.command("replay")(replay.replay)
app.command("approve")(approve.approve)
app.add_typer(agree.app, name="agree")
app.add_typer(live.app, name="live")
app.add_typer(approvers.app, name="approvers")
app.command("halt")(halt.halt)
app.command("resume")(halt.resume)
app.command("breakers")(halt.breakers)
app.command("resolve")(resolve.resolve)
app.command("undo")(undo.undo)
app.add_typer(imports.app, name="import")
app.add_typer(credentials.app, name="credentials")
app.add_typer(audit.app, name="audit")
app.add_typer(transfers.app, name="transfers")
app.add_typer(alerts.app, name="alerts")
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("report")(report.report)
app.command("serve")(serve.serve)
app.command("watch")(watch.watch)
app.command("setup")(setup.setup)
app.command("dashboard")(dashboard.dashboard)
app.add_typer(signals.app, name="signals")
app.command("version")(version.version)


if __name__ == "__main__":
    app()
