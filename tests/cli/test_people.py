"""Acts that take two people, roles, and enrolling: from the command line, with real codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.cli.main import app
from sql.records import record_account
from tasks.clock import wall_clock
from tasks.settings import load_settings
from tests.cli.conftest import Desk
from tieout.errors import ConfigError
from tieout.ids import AccountId

NAMES = {"desk": "approver", "head": "approver", "boss": "admin", "junior": "operator"}
SECRETS = {name: pyotp.random_base32() for name in NAMES}
PEOPLE = "".join(
    f'[approvers.{name}]\ntotp = "env:{name.upper()}_TOTP"\nrole = "{role}"\n' for name, role in NAMES.items()
)
STOP = ("--account", "alpaca-main", "--reason", "test")


@pytest.fixture
def people(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with two approvers, an admin and an operator."""
    for name, secret in SECRETS.items():
        monkeypatch.setenv(f"{name.upper()}_TOTP", secret)
    desk.configure(more=PEOPLE)
    return desk


def code(name: str) -> str:
    return pyotp.TOTP(SECRETS[name]).at(wall_clock())


def by(name: str) -> tuple[str, ...]:
    return ("--by", name, "--code", code(name))


def asked(result: Result) -> str:
    found = re.search(r"ACT-[0-9a-f]+", result.stdout)
    assert found is not None, result.stdout
    return found[0]


def off(desk: Desk) -> bool:
    return bool(desk.json("breakers"))


def actions(desk: Desk) -> list[tuple[str, str]]:
    return [(one["action"], one["actor"]) for one in desk.json("audit", "show") if one["action"].split(".")[0] == "act"]


def test_halting_takes_nobody_and_lifting_takes_two(people: Desk) -> None:
    people("halt", *STOP, "--by", "anybody")

    first = people("resume", *STOP, *by("desk"))
    assert "1 more person must agree" in first.stdout
    assert off(people)

    second = people("approve", asked(first), *by("head"))
    assert "lifted manual" in second.stdout
    assert not off(people)
    assert actions(people) == [
        ("act.asked", "desk"),
        ("act.agreed", "desk"),
        ("act.agreed", "head"),
        ("act.decided", "head"),
        ("act.done", "desk, head"),
    ]


def test_nobody_agrees_with_themselves_and_operators_agree_to_nothing(
    people: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    people("halt", *STOP, "--by", "anybody")
    act = asked(people("resume", *STOP, *by("desk")))

    later = present(SECRETS["desk"], 1)
    assert "desk has agreed already" in people("approve", act, "--by", "desk", "--code", later).stdout
    assert "junior is an operator" in people("approve", act, *by("junior")).stdout
    assert off(people)


def test_a_wrong_code_is_refused_counted_and_audited(people: Desk) -> None:
    people("halt", *STOP, "--by", "anybody")
    people("resume", *STOP, "--by", "desk", "--code", "000000", expect=1)
    act = asked(people("resume", *STOP, *by("desk")))
    people("approve", act, "--by", "head", "--code", "000000", expect=1)
    people("approve", act, "--by", "my-password", "--code", "000000", expect=1)

    refused = people.json("audit", "show", "--action", "code.refused")
    assert [one["actor"] for one in refused] == ["desk", "head", "unknown"]
    assert "my-password" not in str(people.json("audit", "show"))
    assert off(people)


def test_a_no_ends_it_and_an_act_becomes_void(people: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    people("halt", *STOP, "--by", "anybody")
    act = asked(people("resume", *STOP, *by("desk")))
    people("approve", act, *by("head"), "--decline")
    assert "it is declined already" in people("approve", act, *by("boss")).stdout

    act = asked(people("resume", *STOP, "--by", "desk", "--code", present(SECRETS["desk"], 1)))
    assert act in people("approve").stdout
    monkeypatch.setenv("TIEOUT_NOW", "2026-03-04T21:05:00Z")
    assert "Nothing waits" in people("approve").stdout


LIVE = """
[accounts.real]
broker = "alpaca"
mode = "live"
live_enabled = true
credential = "env:REAL"
[accounts.real.risk]
max_position_pct = 0.1
max_order_notional = 1000
max_daily_loss_pct = 0.02
max_drawdown_pct = 0.1
approve_all = true
[alerts]
critical = ["env:ALERT_URL"]
[going_live]
paper_sessions = 2
clean_sessions = 1
"""


def traded_on_paper(desk: Desk) -> None:
    """Two sessions of the paper account, the second of which tied out, and a halt that was let go."""
    from datetime import date

    from sql.runs import end_run, start_run
    from tests.databases import FileTemplate, open_stores

    stores = open_stores(*FileTemplate.urls(desk.folder / "data"))
    with stores.journal.write() as journal:
        record_account(journal, load_settings().accounts[AccountId("alpaca-main")].account)
        for day, state in ((26, "breaks_open"), (27, "tied_out")):
            moment = wall_clock()
            run = start_run(journal, AccountId("alpaca-main"), "eod-reconciliation", date(2026, 2, day), moment, None)
            end_run(journal, run, state, {}, moment)
    stores.close()
    desk("halt", *STOP, "--by", "anybody")
    first = desk("resume", *STOP, *by("desk"))
    desk("approve", asked(first), *by("head"))


def test_an_account_is_let_trade_real_money_only_once_the_list_is_complete(people: Desk) -> None:
    people.configure(more=LIVE.replace("approve_all = true\n", "") + PEOPLE)
    shown = people.json("live", "check", "real", expect=1)
    assert [one["name"] for one in shown if not one["ok"]] == ["approval", "paper period", "tied out", "halt"]

    refused = people("agree", "live", "real", "--reason", "now", *by("boss"), expect=1)
    assert "not ready for real money" in refused.stderr
    assert "Nothing waits" in people("approve").stdout

    traded_on_paper(people)
    people.configure(more=LIVE + PEOPLE)
    assert "MISSING" not in people("live", "check", "real").stdout


def test_where_nobody_need_agree_each_run_goes_through_the_list(desk: Desk) -> None:
    desk.configure(more=LIVE)
    settings = load_settings()

    from tasks.acts import require_agreed
    from tieout.agreement import ActKind

    with pytest.raises(ConfigError, match="not ready for real money"):
        require_agreed(settings, settings.accounts[AccountId("real")], ActKind.LIVE)
    desk.configure(more=LIVE + "enforced = false\n")
    settings = load_settings()
    require_agreed(settings, settings.accounts[AccountId("real")], ActKind.LIVE)


def test_going_live_takes_an_admin_among_the_two_and_lapses_when_the_key_changes(people: Desk) -> None:
    live = LIVE + "enforced = false\n"
    people.configure(more=live + PEOPLE)
    first = people("agree", "live", "real", "--reason", "we tested it", *by("desk"))
    assert "an admin must agree" in people("approve", asked(first), *by("head")).stdout
    assert "agreed by desk, head, boss" in people("approve", asked(first), *by("boss")).stdout

    from tasks.acts import require_agreed
    from tieout.agreement import ActKind

    def allowed() -> bool:
        settings = load_settings()
        try:
            require_agreed(settings, settings.accounts[AccountId("real")], ActKind.LIVE)
        except ConfigError as error:
            assert "must agree" in str(error)  # noqa: PT017
            return False
        return True

    assert allowed()
    people.configure(more=live.replace("env:REAL", "env:OTHER") + PEOPLE)
    assert not allowed()
    people.configure(more=live + PEOPLE)
    people("agree", "live", "real", "--reason", "over", "--by", "desk", "--revoke")
    assert not allowed()


def test_where_nobody_is_configured_one_person_is_enough(desk: Desk) -> None:
    desk("halt", *STOP, "--by", "anybody")

    assert "lifted manual" in desk("resume", *STOP, "--by", "anybody").stdout


def test_more_people_than_there_are_cannot_be_asked_for(people: Desk) -> None:
    people.configure(more="[agreement]\nresume = 4\n" + PEOPLE)

    assert "3 approvers or admins are configured" in people("breaks", "--account", "alpaca-main", expect=1).stderr


# Enrolling


@pytest.fixture
def vaults(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("TIEOUT_SECRETS_PASSPHRASE", "test-passphrase")
    desk.configure(
        more='[approvers.boss]\ntotp = "file:boss.vault"\nrole = "admin"\n[approvers.desk]\ntotp = "file:desk.vault"\n'
    )
    return desk


def enrol(*words: str, typed: Callable[[str], str]) -> Result:
    """Type the code that the shown secret gives, as an authenticator would."""
    import typer

    secrets: list[str] = []

    class Shown:
        def echo(self, text: object = "", **_more: object) -> None:
            if found := re.search(r"secret=([A-Z2-7]+)", str(text)):
                secrets.append(found[1])

    patch = pytest.MonkeyPatch()
    real = typer.echo

    def echo(text: object = "", **more: object) -> None:
        Shown().echo(text)
        real(text, **more)  # type: ignore[arg-type]

    patch.setattr("flows.cli.approvers.typer.echo", echo)
    patch.setattr("flows.cli.approvers.typer.prompt", lambda *_a, **_k: typed(secrets[-1] if secrets else ""))
    try:
        return CliRunner().invoke(app, ["approvers", "enrol", *words, "--text"])
    finally:
        patch.undo()


def present(secret: str, ahead: int = 0) -> str:
    return pyotp.TOTP(secret).at(wall_clock() + timedelta(seconds=30 * ahead))


def test_who_is_enrolled_has_a_secret_that_is_kept_and_shown_once(vaults: Desk) -> None:
    done = enrol("boss", typed=present)
    assert done.exit_code == 0, done.output
    (secret,) = re.findall(r"secret=([A-Z2-7]+)", done.stdout)

    assert {one["name"]: one["enrolled"] for one in vaults.json("approvers", "list")} == {"boss": True, "desk": False}
    everything = b"".join(one.read_bytes() for one in vaults.folder.rglob("*") if one.is_file())
    assert secret.encode() not in everything
    assert secret not in vaults("approvers", "list").stdout
    assert [one["subject"] for one in vaults.json("audit", "show", "--action", "approver")] == ["boss"]


def test_a_wrong_code_keeps_nothing(vaults: Desk) -> None:
    done = enrol("boss", typed=lambda _: "000000")

    assert done.exit_code == 1
    assert not (vaults.folder / "boss.vault").exists()


def test_once_there_is_an_admin_he_lets_the_others_in(vaults: Desk) -> None:
    boss = re.findall(r"secret=([A-Z2-7]+)", enrol("boss", typed=present).stdout)[0]

    assert "an admin must let desk in" in enrol("desk", typed=present).output
    done = enrol("desk", "--by", "boss", "--code", present(boss, 1), typed=present)
    assert done.exit_code == 0, done.output


def test_a_place_that_cannot_be_written_to_and_an_unknown_name_are_refused(people: Desk) -> None:
    assert "cannot be written to" in enrol("desk", typed=present).output
    assert "is not in [approvers]" in enrol("nobody", typed=present).output


def test_the_qr_code_is_drawn_and_holds_the_address(vaults: Desk) -> None:
    done = CliRunner().invoke(app, ["approvers", "enrol", "boss"], input="000000\n")

    assert "▄" in done.stdout
    assert "secret=" not in done.stdout
