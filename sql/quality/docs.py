"""Data Docs as a static site that refers to nothing outside itself.

    index.html                              newest run of each account
    ACCOUNT/index.html                      every run of the account, newest first
    ACCOUNT/runs.json                       what the two lists are made from
    ACCOUNT/YYYY-MM-DD/RUN.html             one judgement; judging again replaces the page

The expectations and their results are rendered by Great Expectations; the page around them is ours, for theirs loads
styles and scripts from five networks.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from sql.quality.subject import Subject
from sql.quality.types import CheckResult, verdict
from sql.quality.validate import Validated
from tieout.recon.types import Severity

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Entry:
    """One judgement as the lists show it."""

    account_id: str
    business_date: str
    run_id: str
    snapshot_id: int
    captured_at: str
    verdict: str
    critical: int
    warnings: int
    expectations: int
    page: str  # relative to the account's folder


def publish(root: Path, subject: Subject, validated: Sequence[Validated]) -> Path:
    """Write the page of this judgement, bring the lists up to date, and return the page's path.

    Each file is replaced in one step: whoever is reading sees the old page or the new one.
    """
    entry = _entry(subject, [result for one in validated for result in one.results])
    folder = root / _safe(subject.account_id)
    failures = sorted(
        (result for one in validated for result in one.results if not result.success),
        key=lambda one: one.severity is not Severity.CRITICAL,
    )
    trail = [("Data Docs", "../../index.html"), (entry.account_id, "../index.html")]
    documents = [_document(one) for one in validated]
    page = _render("run.j2", entry.run_id, trail, entry=entry, failures=failures, documents=documents)
    _replace(folder / entry.page, page)
    with FileLock(_made(root) / ".lock"):  # two accounts that end at once would each write a list without the other
        entries = _remember(folder / "runs.json", entry)
        _replace(folder / "index.html", _account_list(entry.account_id, entries))
        _replace(root / "index.html", _site_list(root))
    return folder / entry.page


def _entry(subject: Subject, results: Iterable[CheckResult]) -> Entry:
    judged = verdict(tuple(results))
    return Entry(
        account_id=subject.account_id,
        business_date=subject.business_date.isoformat(),
        run_id=subject.run_id,
        snapshot_id=subject.snapshot_id,
        captured_at=subject.captured_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        verdict="accepted" if judged.accepted else "quarantined",
        critical=len(judged.critical_failures),
        warnings=len(judged.warnings),
        expectations=len(judged.results),
        page=f"{subject.business_date.isoformat()}/{_safe(subject.run_id)}.html",
    )


def _remember(path: Path, entry: Entry) -> list[Entry]:
    """The account's entries with this one among them, newest first."""
    known = [Entry(**one) for one in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []
    entries = [entry, *(one for one in known if one.page != entry.page)]
    entries.sort(key=lambda one: (one.business_date, one.run_id), reverse=True)
    _replace(path, json.dumps([asdict(one) for one in entries], indent=1))
    return entries


def _account_list(account_id: str, entries: Iterable[Entry]) -> str:
    rows = [(one.page, "index.html", one) for one in entries]
    return _render("list.j2", account_id, [("Data Docs", "../index.html")], entries=rows)


def _site_list(root: Path) -> str:
    newest = []
    for path in sorted(root.glob("*/runs.json")):
        entry = Entry(**json.loads(path.read_text(encoding="utf-8"))[0])
        folder = path.parent.name
        newest.append((f"{folder}/{entry.page}", f"{folder}/index.html", entry))
    return _render("list.j2", "Data Docs", [], entries=newest)


def _document(validated: Validated) -> dict[str, Any]:
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    return dict(ValidationResultsPageRenderer().render(validated.theirs).to_json_dict())


def _render(template: str, title: str, trail: list[tuple[str, str]], **values: object) -> str:
    from great_expectations.render.view import DefaultJinjaPageView

    view = DefaultJinjaPageView(custom_views_directory=str(_TEMPLATES))
    return str(view.env.get_template(template).render(title=title, trail=trail, **values))


def _replace(path: Path, text: str) -> None:
    part = _made(path.parent) / f".{path.name}.{os.getpid()}.part"
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _safe(name: str) -> str:
    """A name as a folder or file, for account names are the user's."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "_"
