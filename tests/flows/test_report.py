"""The report of a close, made from real stores and read as a person and a browser would."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sql.reconcile import ReconOutcome
from sql.runs import end_run
from tasks.report import AccountReport, Outlook, RunReport, read_report, render, write_report
from tasks.report import page as page_module
from tasks.report.model import Listed
from tests.databases import Stores
from tests.recon_world import AAPL, FRI, KO, MSFT, PRICES, THU, World, at, event, fill
from tieout.ids import AccountId, RunId, SnapshotId
from tieout.records import ActivityKind
from tieout.snapshots import SnapshotStatus
from tieout.verdict import AccountOutcome, OutcomeState, judge_outcomes

VOID = {"meta", "br", "rect", "line", "circle", "polyline", "link", "img", "input"}
HOSTILE = """"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"""


class Reader(HTMLParser):
    """A strict reader: every tag is closed in its order, every id is there once, every anchor leads somewhere."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))
        assert set(self.anchors) <= {f"#{name}" for name in self.ids}

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.anchors += [value or "" for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def outcome_of(world: World, day: date, run: tuple[RunId, SnapshotId], recon: ReconOutcome) -> AccountOutcome:
    return AccountOutcome(
        world.name,
        day,
        OutcomeState(recon.state),
        run[0],
        run[1],
        recon.coverage,
        recon.rows_compared,
        recon.opened,
        recon.closed,
        recon.open_breaks,
        recon.critical_open,
        recon.resolved,
    )


def close(world: World, day: date, run: tuple[RunId, SnapshotId]) -> AccountOutcome:
    outcome = outcome_of(world, day, run, world.close(day, run))
    world.stores.warehouse.publish()
    return outcome


def read(world: World, *outcomes: AccountOutcome, day: date = THU) -> RunReport:
    return read_report(world.stores.journal, world.stores.warehouse, outcomes, at(day, "23:00"))


@pytest.fixture
def world(stores: Stores) -> World:
    made = World(stores)
    made.open_with(10_000, {AAPL: 10, KO: 100})
    return made


@pytest.fixture
def broken(world: World) -> AccountOutcome:
    """A manual trade that nobody booked, and a dividend that a rule books."""
    manual = fill("manual-1", MSFT, 5, 200, THU)
    dividend = event("div-1", ActivityKind.DIVIDEND, THU, instrument=KO, amount="48.50")
    run = world.see(THU, {AAPL: 10, KO: 100, MSFT: 5}, "9048.50", manual, dividend)
    return close(world, THU, run)


@pytest.fixture
def one(world: World, broken: AccountOutcome) -> AccountReport:
    return read(world, broken).accounts[0]


def page_of(*accounts: AccountReport) -> Reader:
    outcomes = [one.outcome for one in accounts]
    days = tuple(sorted({one.business_date for one in outcomes}))
    return Reader(render(RunReport(judge_outcomes(outcomes), days, at(THU, "23:00"), accounts)))


def test_the_verdict_comes_first_with_its_coverage(world: World, broken: AccountOutcome) -> None:
    text = Reader(render(read(world, broken))).text
    beginning = text[: text.index("Look at these first")]

    assert "Critical breaks 1 account: 1 critical breaks; 1 open break (1 critical); coverage 100%" in beginning
    assert "written 2026-01-15 23:00 UTC" in beginning


def test_a_break_is_told_with_difference_cause_evidence_and_what_to_do(world: World, broken: AccountOutcome) -> None:
    report = read(world, broken)
    case = report.accounts[0].breaks.rows[0]
    text = Reader(render(report)).text

    assert f"critical unknown execution 1,000.00 USD at risk new today {case['break_id']}" in text
    assert "Difference book nothing broker 5 between book and statement execution:manual-1" in text
    assert "Cause manual trade ." in text
    assert "statement_execution manual-1" in text
    assert "Next Ask who traded outside the system." in text
    assert f"tieout explain break {case['break_id']}" in text
    assert "2026-01-15 opened by tieout, run desk-20260115-01" in text


def test_what_was_resolved_today_is_told_with_its_proof(one: AccountReport) -> None:
    text = page_of(one).text

    assert one.ended.total == 1
    assert "Resolved or closed in this session (1) resolved dividend:" in text
    assert "Resolution booked by rule dividend; taken back by a reversing entry, should it be wrong" in text
    assert "statement_activity div-1" in text


def test_sources_are_told_with_their_ages_in_the_exchanges_zone(one: AccountReport) -> None:
    told = {line.name: line for line in one.sources}

    assert (told["Snapshot"].as_of, told["Snapshot"].age) == ("2026-01-15 17:00 EST", "60 min")
    assert told["Snapshot"].whole
    assert told["Statement"].whole
    assert told["Book"].note.startswith("ledger up to journal sequence")


def test_positions_and_cash_stand_side_by_side_and_differences_are_marked(one: AccountReport) -> None:
    first = one.positions.rows[0]
    assert (first["symbol"], first["book"], first["broker"]) == ("MSFT", None, 5)
    assert one.differing == 1
    text = page_of(one).text
    assert "MSFT equity 5 5 200 1,000.00 USD" in text
    assert "USD 10,048.50 9,048.50 -1,000.00" in text


def test_the_run_can_be_replayed_and_says_how(one: AccountReport) -> None:
    assert one.replay_of is not None
    assert "tieout replay desk-20260115-01" in page_of(one).text


def test_a_clean_close_is_green(world: World) -> None:
    outcome = close(world, THU, world.see(THU, {AAPL: 10, KO: 100}, 10_000))
    text = render(read(world, outcome))

    assert '<h1 class="good">Tied out</h1>' in text
    assert "Look at these first" not in text


def test_without_full_coverage_nothing_is_green(world: World) -> None:
    run = world.see(THU, {AAPL: 10, KO: 100}, 10_000, statement=False)
    report = read(world, close(world, THU, run))
    text = render(report)

    assert report.verdict.coverage < 1
    assert '<h1 class="good">' not in text
    assert "not everything was compared" in Reader(text).text
    assert "executions and activities were not read" in text


def test_a_quarantined_snapshot_shows_no_difference_and_says_why(world: World) -> None:
    run = world.see(THU, {}, 0, status=SnapshotStatus.QUARANTINED)
    world.stores.warehouse.publish()
    reason = "positions.expect_as_many_rows_as_sent: 0 stored, 2 sent"
    outcome = AccountOutcome(world.name, THU, OutcomeState.QUARANTINED, *run, quarantined_because=(reason,))

    report = read(world, outcome)
    text = render(report)

    assert report.accounts[0].differing == 0
    assert 'class="differs"' not in text
    assert "Not compared" in text
    assert reason in Reader(text).text
    assert '<h1 class="bad">Quarantined</h1>' in text


def test_a_broker_that_was_not_reached_is_missing_and_not_flat(world: World) -> None:
    outcome = AccountOutcome(world.name, THU, OutcomeState.FAILED, error="Unavailable: no connection, token=abcdef123")
    world.stores.warehouse.publish()

    text = render(read(world, outcome))

    assert 'class="differs"' not in text
    assert "the broker was not read in this run" in text
    assert "Unavailable: no connection" in text
    assert "abcdef123" not in text


def test_an_account_that_the_journal_does_not_know_is_reported_too(world: World) -> None:
    world.stores.warehouse.publish()
    stranger = AccountOutcome(AccountId("new-one"), THU, OutcomeState.FAILED, error="ConfigError: no key found")
    assert "ConfigError: no key found" in Reader(render(read(world, stranger))).text


def test_a_run_without_accounts_has_a_page(world: World) -> None:
    world.stores.warehouse.publish()
    assert "No account was due." in Reader(render(read(world))).text


def test_a_report_made_again_after_later_sessions_says_what_it_said(world: World, broken: AccountOutcome) -> None:
    before = render(read(world, broken))
    world.book(fill("manual-1", MSFT, 5, 200, THU), fill("late", AAPL, 3, 100, THU))
    close(world, FRI, world.see(FRI, {AAPL: 13, KO: 100, MSFT: 5}, "8748.50", fill("late", AAPL, 3, 100, THU)))

    assert render(read(world, broken)) == before


def test_the_book_of_a_quarantined_close_stays_as_it_was_when_the_run_ended(world: World) -> None:
    run = world.see(THU, {}, 0, status=SnapshotStatus.QUARANTINED)
    with world.stores.journal.write() as journal:
        end_run(journal, run[0], "quarantined", {}, at(THU, "22:10"))
    world.stores.warehouse.publish()
    outcome = AccountOutcome(world.name, THU, OutcomeState.QUARANTINED, *run, quarantined_because=("cut off",))
    before = render(read(world, outcome))

    world.book(fill("later", AAPL, 3, 100, THU), event("far", ActivityKind.FEE, FRI + timedelta(days=7), amount=-1))
    world.stores.warehouse.publish()

    assert "AAPL" in before
    assert render(read(world, outcome)) == before


def test_the_page_needs_no_network_no_script_and_no_other_file(one: AccountReport) -> None:
    text = render(RunReport(judge_outcomes([one.outcome]), (THU,), at(THU, "23:00"), (one,)))
    page = Reader(text)

    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|javascript:|data:", text, re.IGNORECASE)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in {"src", "srcset", "action"}]
    assert all(anchor.startswith("#") for anchor in page.anchors)


def test_every_chart_has_a_name_and_a_description(one: AccountReport) -> None:
    rising = tuple({"business_date": THU + timedelta(days=n), "equity": Decimal(100 + n)} for n in range(3))
    text = render(RunReport(judge_outcomes([one.outcome]), (THU,), at(THU, "23:00"), (replace(one, nav=rising),)))
    drawn = re.findall(r"<svg.*?</svg>", text, re.DOTALL)

    assert len(drawn) == 4
    for chart in drawn:
        assert re.match(r'<svg class="chart" role="img" viewBox="[\d ]+"><title>[^<]+</title><desc>[^<]+</desc>', chart)
    assert "100.00 USD on 2026-01-15, 102.00 USD on 2026-01-17, 3 sessions" in text


def hostile(one: AccountReport, word: str) -> AccountReport:
    """The report with that word wherever text from outside can stand."""
    case = one.breaks.rows[0] | {
        "explanation": word,
        "subject": word,
        "owner": word,
        "resolution": word,
        "currency": word,
        "evidence": [{"source": word, "key": word, "says": word, "values": {word: word}}],
    }
    position = one.positions.rows[0] | {"symbol": word, "asset_class": word, "currency": word}
    largest = {"symbol": word, "market_value": Decimal(-5), "total": 3}
    return replace(
        one,
        outcome=replace(one.outcome, error=word),
        account=one.account | {"broker": word, "base_currency": word},
        exclusions=(word,),
        failed=(
            {
                "suite": word,
                "expectation": word,
                "severity": "critical",
                "observed": word,
                "rows_failed": 3,
                "sample": [{word: word}],
            },
        ),
        balances=(one.balances[0] | {"currency": word},),
        positions=Listed((position,), 1),
        breaks=Listed((case,), 1),
        ended=Listed((case | {"state": "closed"},), 1),
        exposure=({"currency": word, "asset_class": word, "long_value": 1, "short_value": 0, "unpriced": 1},),
        largest=Listed((largest, largest), 2),
    )


def test_hostile_words_stay_words_wherever_they_stand(one: AccountReport) -> None:
    page = page_of(hostile(one, HOSTILE))

    assert "script" not in page.tags
    assert "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert page.text.count("<script>alert(1)</script>") > 15
    assert "{{ 7 * 7 }}" in page.text
    assert page_of(replace(one, outcome=replace(one.outcome, quarantined_because=(HOSTILE,)))).text


@given(word=st.text(min_size=1, max_size=30))
def test_any_text_leaves_the_page_whole(word: str) -> None:
    page_of(hostile(MADE, word))


def test_long_lists_are_cut_and_the_rest_is_counted(one: AccountReport) -> None:
    cut = replace(
        one,
        breaks=Listed(one.breaks.rows, 1_001),
        ended=Listed(one.ended.rows, 41),
        positions=Listed(one.positions.rows, 1_000_000 + len(one.positions.rows)),
        exclusions=tuple(f"row {n}" for n in range(75)),
    )
    text = page_of(cut).text

    assert "and 1,000 more breaks" in text
    assert "and 40 more breaks" in text
    assert "and 1,000,000 more positions, all of which agree" in text
    assert "and 25 more." in text


def test_the_file_is_named_after_session_and_runs_and_written_whole(
    world: World, broken: AccountOutcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = read(world, broken)
    path = write_report(report, tmp_path / "reports")
    assert re.fullmatch(r"close-2026-01-15-[0-9a-f]{8}\.html", path.name)
    assert write_report(report, tmp_path / "reports") == path
    whole = path.read_text(encoding="utf-8")

    def fail(_report: RunReport) -> str:
        raise OSError("no space left")

    monkeypatch.setattr(page_module, "render", fail)
    with pytest.raises(OSError, match="no space left"):
        write_report(report, tmp_path / "reports")
    assert path.read_text(encoding="utf-8") == whole
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_dry_run_says_that_nothing_was_changed(one: AccountReport) -> None:
    text = page_of(replace(one, outcome=replace(one.outcome, dry_run=True))).text
    assert "Dry run: looked and compared; no book and no case was changed" in text


MADE = AccountReport(
    outcome=AccountOutcome(AccountId("desk"), THU, OutcomeState.CRITICAL_BREAKS, RunId("desk-20260115-01")),
    account={"broker": "paper", "mode": "paper", "base_currency": "USD"},
    zone="America/New_York",
    compared=True,
    sources=(),
    parts=(("positions", Decimal(1)),),
    exclusions=(),
    checks=({"suite": "positions", "severity": "critical", "result": "passed", "checks": 3},),
    failed=(),
    balances=({"currency": "USD", "book_cash": Decimal(1), "broker_cash": None, "settled_cash": None, "equity": None},),
    positions=Listed(
        (
            {
                "symbol": "KO",
                "asset_class": "equity",
                "currency": "USD",
                "book": Decimal(1),
                "broker": None,
                "market_price": Decimal(PRICES["KO"]),
                "market_value": None,
                "book_cost": Decimal(50),
                "differing": 1,
            },
        ),
        1,
    ),
    breaks=Listed(
        (
            {
                "break_id": "BRK-0000000001",
                "account_id": "desk",
                "kind": "missing_at_broker",
                "cause": "unknown",
                "severity": "critical",
                "age_sessions": 1,
                "money_at_risk": Decimal(50),
                "ours": Decimal(1),
                "theirs": None,
                "pair": "book_snapshot",
                "first_seen": THU,
                "undone": False,
                "booked": False,
                "expected_until": None,
                "closed_on": None,
                "history": [],
            },
        ),
        1,
    ),
    ended=Listed(),
    nav=(),
    exposure=(),
    largest=Listed(),
    ages=((1, "critical"),),
    replay_of=None,
)


def test_the_page_ends_with_when_credentials_lapse_and_who_must_act() -> None:
    line = {"credential": "main", "access until": "2026-01-18T21:00+00:00", "next": "log in", "by": "desk <1>"}
    page = render(RunReport(judge_outcomes(()), (), at(THU, "23:00"), (), Outlook((line,))))

    words = " ".join(" ".join(Reader(page).words).split())
    assert "Credentials When each lapses, and who must act, as it stood 2026-01-15 23:00" in words
    assert "Credential Access until Next By" in words
    assert "main 2026-01-18T21:00+00:00 log in desk <1>" in words


def test_the_page_lists_the_options_that_expire_above_the_credentials() -> None:
    line = {"contract": "KO    260306P00050000", "likelihood": "likely", "left": "1 d 4 h", "note": "<pin>"}
    page = render(RunReport(judge_outcomes(()), (), at(THU, "23:00"), (), Outlook(({"credential": "main"},), (line,))))

    words = " ".join(" ".join(Reader(page).words).split())
    assert "Options that expire What was forecast last of each" in words
    assert "KO 260306P00050000 likely 1 d 4 h <pin>" in words
    assert words.index("Options that expire") < words.index("Credentials")
