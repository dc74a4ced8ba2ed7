"""What pages of the dashboard share: one process, many readers."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import pytest

from flows.dashboard.reading import Facts
from tieout.settings import Settings


class Looked:
    """A warehouse whose published copy is of one moment."""

    published = 1.0

    def warehouse(self) -> AbstractContextManager[None]:
        return nullcontext()


class Shared(dict[Any, Any]):
    """Answers that another page throws away as soon as they are there: it has seen a newer copy."""

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self.clear()


def test_a_page_has_its_answer_though_another_throws_it_away_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    class Answers:
        def __init__(self, *_: object) -> None:
            pass

        def positions(self) -> list[dict[str, Any]]:
            return [{"symbol": "KO"}]

    monkeypatch.setattr("flows.dashboard.reading.Measured", Answers)
    facts = Facts(cast("Any", Looked()), Settings({}), None, Shared())

    assert facts.measured("positions") == [{"symbol": "KO"}]
