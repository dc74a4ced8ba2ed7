"""The drop folder: every crash point between claim and move, and files that are not to be touched."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sql.signals import read_pending, read_signals
from tasks.signals import folder as under_test
from tasks.signals.deliver import LARGEST, Delivery, deliver
from tasks.signals.folder import SETTLE_S, FileRead, take_folder
from tests.databases import Stores
from tieout.errors import StoreError
from tieout.settings import Settings
from tieout.signals.settings import SignalSettings
from tieout.signals.types import SignalState

WRITTEN = 1_768_575_600.0  # seconds since 1970, when files of these tests were written: 2026-01-16 15:00 UTC
AT = datetime.fromtimestamp(WRITTEN, UTC)
GOOD = "strategy,symbol,side,quantity\nalpha,AAPL,buy,10\nalpha,MSFT,sell,5\n"
MIXED = "strategy,symbol,side,quantity\nalpha,AAPL,buy,10\nalpha,MSFT,sell,-5\n"


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    made = tmp_path / "drop"
    made.mkdir()
    return made


def settings(drop: Path) -> Settings:
    return Settings({}, signals=SignalSettings(drop_folder=str(drop)))


def put(drop: Path, name: str, content: str | bytes, at: float = WRITTEN) -> Path:
    file = drop / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.utime(file, (at, at))
    return file


def take(stores: Stores, drop: Path, *, after: float = 60.0) -> list[FileRead]:
    now = AT + timedelta(seconds=after)
    return take_folder(stores.journal, settings(drop), now, real_time=WRITTEN + after)


def pending(stores: Stores) -> list[str]:
    with stores.journal.read() as connection:
        return sorted(one.instrument.symbol for one in read_pending(connection, AT))


def files(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if one.is_file())


def test_a_file_is_stored_and_moved_to_taken(stores: Stores, drop: Path) -> None:
    put(drop, "a.csv", GOOD)
    assert take(stores, drop) == [FileRead("a.csv", True, 2)]

    assert pending(stores) == ["AAPL", "MSFT"]
    assert (files(drop), files(drop / "taken"), files(drop / ".working")) == ([], ["a.csv"], [])
    assert take(stores, drop) == []


def test_json_is_one_wish_a_list_of_them_or_one_per_line(stores: Stores, drop: Path) -> None:
    wish = {"strategy": "alpha", "side": "buy"}
    put(drop, "one.json", json.dumps(wish | {"symbol": "A"}))
    put(drop, "list.json", json.dumps([wish | {"symbol": "B"}, wish | {"symbol": "C"}]))
    put(drop, "lines.jsonl", "\n".join(json.dumps(wish | {"symbol": one}) for one in "DE"))
    assert all(one.taken for one in take(stores, drop))
    assert pending(stores) == ["A", "B", "C", "D", "E"]


def test_one_bad_line_refuses_the_whole_file_with_the_reason_beside_it(stores: Stores, drop: Path) -> None:
    put(drop, "a.csv", MIXED)
    (read,) = take(stores, drop)

    assert not read.taken
    assert (files(drop), files(drop / "refused")) == ([], ["a.csv", "a.csv.reason.txt"])
    reason = (drop / "refused" / "a.csv.reason.txt").read_text()
    assert "signal 2: size: quantity must be above zero, was -5" in reason
    assert "Nothing of this file was taken" in reason
    assert pending(stores) == []
    with stores.journal.read() as connection:
        (row,) = read_signals(connection, [SignalState.REFUSED])
    assert row["payload"]["symbol"] == "MSFT"


def test_a_file_put_right_and_delivered_again_is_taken_once(stores: Stores, drop: Path) -> None:
    put(drop, "a.csv", MIXED)
    take(stores, drop)
    put(drop, "a.csv", GOOD)
    assert [one.new for one in take(stores, drop)] == [2]
    put(drop, "copy of a.csv", GOOD)
    (again,) = take(stores, drop)

    assert (again.taken, again.new) == (True, 0)
    assert "known already" in again.lines[0]
    assert pending(stores) == ["AAPL", "MSFT"]


def test_an_id_with_another_content_refuses_the_file_and_takes_nothing_of_it(stores: Stores, drop: Path) -> None:
    put(drop, "a.csv", "id,strategy,symbol,side\n1,alpha,AAPL,buy\n")
    take(stores, drop)
    put(drop, "b.csv", "id,strategy,symbol,side\n2,alpha,MSFT,buy\n1,alpha,AAPL,sell\n")
    put(drop, "c.csv", "id,strategy,symbol,side\n3,alpha,MSFT,buy\n3,alpha,MSFT,sell\n")
    refused = take(stores, drop)

    assert [one.taken for one in refused] == [False, False]
    assert all("duplicate_id" in one.lines[0] for one in refused)
    assert refused[0].lines[0].startswith("signal 2:")
    assert pending(stores) == ["AAPL"]


def test_a_file_that_may_still_be_written_to_is_left_alone(stores: Stores, drop: Path) -> None:
    put(drop, "a.csv", GOOD[:40])
    put(drop, "empty.csv", "")
    assert take(stores, drop, after=SETTLE_S - 0.1) == []
    assert files(drop) == ["a.csv", "empty.csv"]

    put(drop, "a.csv", GOOD)
    assert [one.name for one in take(stores, drop, after=SETTLE_S)] == ["a.csv"]
    assert files(drop) == ["empty.csv"]


def test_a_file_that_grows_while_it_is_claimed_is_given_back(
    stores: Stores, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(drop, "a.csv", GOOD[:40])
    rename = Path.rename

    def and_grow(path: Path, target: Path) -> Path:
        moved = rename(path, target)
        if ".working" in str(target):
            moved.write_text(GOOD)
        return moved

    monkeypatch.setattr(Path, "rename", and_grow)
    assert take(stores, drop) == []
    monkeypatch.undo()
    assert (drop / "a.csv").read_text() == GOOD


@pytest.mark.parametrize("name", ["a.csv.part", ".a.csv", "a.txt", "a.csv~"])
def test_names_of_unfinished_files_are_left_alone(stores: Stores, drop: Path, name: str) -> None:
    put(drop, name, GOOD)
    assert take(stores, drop) == []
    assert files(drop) == [name]


def test_links_and_folders_are_not_followed(stores: Stores, drop: Path, tmp_path: Path) -> None:
    elsewhere = put(tmp_path, "elsewhere.csv", GOOD)
    (drop / "link.csv").symlink_to(elsewhere)
    (drop / "folder.csv").mkdir()
    assert take(stores, drop) == []
    assert elsewhere.exists()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"\xff\xfes\x00", "UTF-16"),
        ("a.csv", b"strategy,symbol\nalpha\n", "1 cells under 2 columns"),
        ("a.csv", b"strategy,strategy\nalpha,beta\n", "there twice"),
        ("a.csv", b"strategy,symbol,side\n", "holds no signal"),
        ("a.json", b"{", "not JSON"),
        ("a.json", b"[]", "holds no signal"),
        ("a.json", b"[" * 50_000, "levels of lists"),
        ("a.json", b" " * (LARGEST + 1), "too_large"),
        ("a.jsonl", b"{}\n" * 1001, "1000 are the most"),
    ],
)
def test_an_unreadable_file_is_refused_and_stops_no_other(
    stores: Stores, drop: Path, name: str, content: bytes, says: str
) -> None:
    put(drop, name, content)
    put(drop, "z.csv", GOOD)
    bad, good = take(stores, drop)
    assert (bad.taken, good.taken) == (False, True)
    assert says in (drop / "refused" / f"{name}.reason.txt").read_text()


def test_another_content_under_the_same_name_overwrites_nothing(stores: Stores, drop: Path) -> None:
    put(drop, "a.csv", GOOD)
    take(stores, drop)
    put(drop, "a.csv", GOOD.replace("10", "11"))
    take(stores, drop)
    kept = [one for one in files(drop / "taken") if one.endswith(".csv")]
    assert len(kept) == 2
    assert (drop / "taken" / "a.csv").read_text() == GOOD


class _Killed(BaseException):
    """Nothing catches it: the process is gone."""


@pytest.mark.parametrize("point", ["_read", "deliver", "delivered_before", "_move", "_free_name"])
@pytest.mark.parametrize("content", [GOOD, MIXED])
def test_a_crash_at_any_point_loses_nothing_and_doubles_nothing(
    stores: Stores, drop: Path, monkeypatch: pytest.MonkeyPatch, point: str, content: str
) -> None:
    put(drop, "a.csv", content)

    def die(*_: object) -> None:
        raise _Killed

    monkeypatch.setattr(under_test, point, die)
    died = point != "delivered_before" or content is MIXED
    if died:
        with pytest.raises(_Killed):
            take(stores, drop)
        assert files(drop) == []
    monkeypatch.undo()
    take(stores, drop)

    assert pending(stores) == (["AAPL", "MSFT"] if content is GOOD else [])
    assert files(drop / ".working") == []
    assert files(drop / "taken") + files(drop / "refused") == (
        ["a.csv"] + ["a.csv.reason.txt"] * (content is MIXED or point in {"_move", "_free_name"})
    )


def test_a_file_stored_before_a_crash_is_not_called_too_old_after_it(
    stores: Stores, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dated = "strategy,symbol,side,time\nalpha,AAPL,buy,2026-01-16T14:59:00Z\n"
    put(drop, "a.csv", dated)

    def die(*_: object) -> None:
        raise _Killed

    monkeypatch.setattr(under_test, "_move", die)
    with pytest.raises(_Killed):
        take(stores, drop)
    monkeypatch.undo()
    (late,) = take(stores, drop, after=3 * 86_400.0)

    assert late.taken
    assert files(drop / "taken")[0] == "a.csv"
    put(drop, "new.csv", dated.replace("AAPL", "MSFT"))
    assert "too_old" in take(stores, drop, after=3 * 86_400.0)[0].lines[0]


def test_a_full_disk_keeps_the_file_for_the_next_reader(
    stores: Stores, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(drop, "a.csv", GOOD)

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(under_test, "deliver", full)
    with pytest.raises(StoreError):
        take(stores, drop)
    monkeypatch.undo()
    assert [one.new for one in take(stores, drop)] == [2]


def test_two_readers_of_one_claim_store_it_once(stores: Stores, drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(drop, "a.csv", GOOD)
    inside: list[list[FileRead]] = []

    def while_another_reads(*given: Any) -> Delivery:
        monkeypatch.setattr(under_test, "deliver", deliver)
        inside.append(take(stores, drop))  # the other reader finds the claim and is done with it first
        return deliver(*given)

    monkeypatch.setattr(under_test, "deliver", while_another_reads)
    (mine,) = take(stores, drop)

    assert inside == [[FileRead("a.csv", True, 2)]]
    assert (mine.taken, mine.new) == (True, 0)
    assert pending(stores) == ["AAPL", "MSFT"]
    assert "a.csv" in files(drop / "taken")


def test_without_a_folder_nothing_is_read(stores: Stores) -> None:
    assert take_folder(stores.journal, Settings({}), AT) == []


def test_secrets_in_a_file_are_neither_stored_nor_told(
    stores: Stores, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = "test-secret-of-the-hook"
    monkeypatch.setenv("HOOK", value)
    wish = {"strategy": "alpha", "symbol": "AAPL", "side": "buy", "secret": value}
    put(drop, "a.json", json.dumps(wish))
    put(drop, "b.json", json.dumps(wish | {"side": value}))
    put(drop, "c.json", json.dumps(wish)[:-1])
    known = settings(drop)
    webhook = replace(known.signals.webhook, secrets=("env:HOOK",))
    with_secret = replace(known, signals=replace(known.signals, webhook=webhook))
    take_folder(stores.journal, with_secret, AT, real_time=WRITTEN + 60)

    with stores.journal.read() as connection:
        rows = read_signals(connection)
    assert len(rows) == 3
    assert "test-secret" not in repr(rows)
    assert "test-secret" not in "".join(one.read_text() for one in (drop / "refused").glob("*.txt"))
