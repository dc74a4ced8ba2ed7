"""Elements of real Flex reports, and real answers of the service, become the records they mean."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from brokers.ibkr.flex.report import report_of
from brokers.ibkr.flex.words import Word, word_of
from brokers.ibkr.parse.flex_activities import activity, sources
from brokers.ibkr.parse.flex_rows import generated_at
from tieout.errors import Malformed, Unauthorised
from tieout.records import Activity, ActivityKind


@pytest.fixture
def recordings(fixtures_dir: Path) -> Path:
    return fixtures_dir / "ib_flex"


def activities(file: Path) -> list[Activity]:
    report = report_of(file.read_bytes())
    assert not isinstance(report, Word)
    (statement,) = report.FlexStatements
    made = generated_at(statement)
    assert made == datetime(2012, 1, 3, 14, 30, tzinfo=UTC)
    return [activity(row, section, made).activity for row, section in sources(statement)]


def test_a_short_call_that_was_assigned_closes_at_price_zero(recordings: Path) -> None:
    assigned, stated, _ = activities(recordings / "short_assignment_dividend.xml")

    assert (assigned.kind, assigned.quantity, assigned.price) == (ActivityKind.ASSIGNMENT, Decimal(3), Decimal(0))
    assert assigned.instrument is not None
    assert (assigned.instrument.symbol, assigned.instrument.multiplier) == ("VXX   110917C00005000", Decimal(100))
    assert (assigned.activity_id, assigned.venue_kind) == ("2381339439", "A")
    assert (assigned.occurred_at, assigned.settles_on) == (
        datetime(2011, 8, 11, 20, 20, tzinfo=UTC),
        date(2011, 8, 12),
    )
    assert (stated.kind, stated.quantity, stated.group_id) == (
        ActivityKind.ASSIGNMENT,
        Decimal(20),
        "80789235:2011-08-05",
    )


def test_a_dividend_pays_cash_with_its_price_per_share(recordings: Path) -> None:
    dividend = activities(recordings / "short_assignment_dividend.xml")[-1]

    assert (dividend.kind, dividend.amount, dividend.price) == (ActivityKind.DIVIDEND, Decimal(27800), Decimal(1))
    assert dividend.quantity == 0


def test_the_three_words_of_the_service(recordings: Path) -> None:
    ordered = word_of((recordings / "send_request_ok.xml").read_bytes())
    lapsed = word_of((recordings / "send_request_token_expired.xml").read_bytes())
    working = word_of((recordings / "get_statement_in_progress.synthetic.xml").read_bytes())

    assert ordered is not None
    assert (ordered.status, ordered.reference) == ("Success", "1234567890")
    assert lapsed is not None
    assert isinstance(lapsed.error(), Unauthorised)
    assert lapsed.error().code == "1012"
    assert working is not None
    assert working.is_not_ready


@pytest.mark.parametrize("at", [10, 400, 2000])
def test_a_report_cut_short_anywhere_is_malformed(recordings: Path, at: int) -> None:
    with pytest.raises(Malformed):
        report_of((recordings / "short_assignment_dividend.xml").read_bytes()[:at])


def test_a_code_that_nobody_knows_is_malformed_and_not_read_around(recordings: Path) -> None:
    body = (recordings / "short_assignment_dividend.xml").read_bytes()

    with pytest.raises(Malformed, match="cannot be read"):
        report_of(body.replace(b'transactionType="BookTrade"', b'transactionType="NeverSeen"'))


def test_every_recorded_file_is_read_here(recordings: Path) -> None:
    assert {file.name for file in recordings.glob("*.xml")} == {
        "short_assignment_dividend.xml",
        "send_request_ok.xml",
        "send_request_token_expired.xml",
        "get_statement_in_progress.synthetic.xml",
    }
