from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from threading import Thread

import pytest

from sql.quality import Verdict, judge
from sql.quality.docs import publish
from sql.quality.judge import hold
from sql.warehouse import Warehouse
from tests.store.quality.account import ACCOUNT, CAPTURED, DAY, Account, clean, spoil, subject_of
from tieout.ids import AccountId
from tieout.settings import Tolerances


class References(HTMLParser):
    """What a page would load or link to, and the tags that load something."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style":
            self.links += re.findall(r"(?:url\(|@import)[^;)]*", data)


def judged(warehouse: Warehouse, account: Account, docs: Path) -> Verdict:
    with warehouse.write() as connection:
        subject = account.store(connection)
    return judge(
        warehouse,
        subject.snapshot_id,
        account_id=ACCOUNT,
        business_date=DAY,
        captured_at=CAPTURED,
        tolerances=Tolerances(),
        docs_dir=docs,
    )


def spoiled() -> Account:
    account = clean()
    spoil(account.positions, side="short", symbol="<script>alert(1)</script>")
    spoil(account.orders, venue_status="<img src=//evil.example>", state="unknown")
    return account


def test_no_page_refers_to_anything_outside_the_site(warehouse: Warehouse, tmp_path: Path) -> None:
    judged(warehouse, spoiled(), tmp_path)

    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) == 3
    for page in pages:
        found = References(page)
        assert [link for link in found.links if ":" in link or link.startswith("//")] == []
        assert found.tags.isdisjoint({"script", "link", "iframe", "object", "img", "base"})


def test_every_link_leads_to_a_file_of_the_site(warehouse: Warehouse, tmp_path: Path) -> None:
    judged(warehouse, spoiled(), tmp_path)

    for page in tmp_path.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for link in References(page).links:
            path, _, anchor = link.partition("#")
            assert (page.parent / path).resolve().is_file() if path else f'id="{anchor}"' in text, (page, link)


def test_a_page_has_a_stable_path_and_says_what_failed(warehouse: Warehouse, tmp_path: Path) -> None:
    judgement = judged(warehouse, spoiled(), tmp_path)

    assert judgement.docs == tmp_path / "paper-main" / "2026-01-05" / "paper-main-20260105-01.html"
    text = judgement.docs.read_text(encoding="utf-8")
    assert "quarantined" in text
    assert "expect_sign_to_agree_with_side" in text
    assert "A long position has a quantity above zero, a short one below." in text
    assert "Great Expectations 1." in text


def test_what_came_from_a_venue_is_shown_and_never_run(warehouse: Warehouse, tmp_path: Path) -> None:
    judgement = judged(warehouse, spoiled(), tmp_path)

    assert judgement.docs is not None
    text = judgement.docs.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "&lt;img src=//evil.example&gt;" in text
    assert "<img" not in text


def test_the_lists_name_every_account_and_every_run(warehouse: Warehouse, tmp_path: Path) -> None:
    judged(warehouse, spoiled(), tmp_path)
    judged(warehouse, clean(), tmp_path)

    site = (tmp_path / "index.html").read_text(encoding="utf-8")
    account = (tmp_path / "paper-main" / "index.html").read_text(encoding="utf-8")
    assert 'href="paper-main/2026-01-05/paper-main-20260105-01.html"' in site
    assert 'href="2026-01-05/paper-main-20260105-01.html"' in account
    assert account.count("<tr>") == 2  # the heading and the run, which was judged twice
    assert "accepted" in account
    assert "quarantined" not in account.split("</style>")[1]


def test_runs_are_listed_newest_first(warehouse: Warehouse, tmp_path: Path) -> None:
    for number in (2, 1, 3):
        account = clean()
        account.head["run_id"] = f"paper-main-20260105-0{number}"
        judged(warehouse, account, tmp_path)

    text = (tmp_path / "paper-main" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r">paper-main-20260105-0(\d)<", text) == ["3", "2", "1"]


def test_a_check_that_could_not_be_evaluated_is_told_on_the_page(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sql.quality.validate.batch_sql", lambda *_: 'SELECT 1 AS nothing FROM "<b>no table"')

    judgement = judged(warehouse, clean(), tmp_path)

    assert judgement.docs is not None
    text = judgement.docs.read_text(encoding="utf-8")
    assert "could not be evaluated" in text
    assert "<b>no table" not in text


def test_no_page_is_left_half_written(warehouse: Warehouse, tmp_path: Path) -> None:
    judged(warehouse, clean(), tmp_path)

    assert [path.name for path in tmp_path.rglob("*") if path.name.endswith(".part")] == []


def test_accounts_that_end_at_once_are_all_listed(warehouse: Warehouse, tmp_path: Path) -> None:
    with warehouse.write() as connection:
        subject = clean().store(connection)
    with warehouse.write() as connection:
        validated = hold(connection, subject)

    def tell(number: int) -> None:
        publish(tmp_path, replace(subject, account_id=AccountId(f"account-{number:02}")), validated)

    threads = [Thread(target=tell, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert sorted(re.findall(r'href="(account-\d\d)/index.html"', text)) == [f"account-{n:02}" for n in range(8)]


def test_an_account_name_cannot_leave_the_site(warehouse: Warehouse, tmp_path: Path) -> None:
    with warehouse.write() as connection:
        subject = clean().store(connection)
    with warehouse.write() as connection:
        named = replace(subject, account_id=AccountId("../../elsewhere"))
        page = publish(tmp_path / "site", named, hold(connection, subject_of(connection, subject.snapshot_id)))

    assert page.is_relative_to(tmp_path / "site")
    assert page.resolve().is_relative_to((tmp_path / "site").resolve())
