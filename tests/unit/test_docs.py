"""The documentation says what the program does: links lead somewhere, lists are complete, examples run."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import text
from typer.main import get_command

from flows.cli.main import app
from sql.journal import Journal
from sql.warehouse import Warehouse
from tests.conftest import ROOT
from tests.databases import Stores
from tieout.alert import _SEVERITY
from tieout.approvers import Approver
from tieout.config import _OTHER_NAMES, ENVIRONMENT_SETTINGS, parse_settings
from tieout.credentials import CredentialId, CredentialSettings
from tieout.environment import _VENUES, KNOWN, RISK, secret_names
from tieout.ids import AccountId
from tieout.imports.csv_table import SourceFile
from tieout.imports.executions import read_executions
from tieout.recon.rules import RULES
from tieout.recon.types import BreakKind, CaseState, Cause
from tieout.sessions import Sessions
from tieout.settings import AccountSettings, Settings
from tieout.signals.formats import Format
from tieout.toml_table import TomlTable
from tieout.verdict import _EXIT, OutcomeState, words
from tieout.windows import USUAL, Window, moment

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/*.md")])
TEMPLATE = ROOT / "flows" / "cli" / "templates" / "tieout.toml"

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_TABLE_HEADING = re.compile(r"^### (?:`\[([^`]+)\]`|Top level)$")
_COMMAND = re.compile(r"\btieout((?: [a-z][a-z-]*)+)")


def page(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose(text_: str) -> str:
    return _FENCE.sub("", text_)


def fenced(language: str) -> list[tuple[str, str]]:
    """Every block of that language with the page it stands on."""
    pages = ((one.relative_to(ROOT).as_posix(), one.read_text(encoding="utf-8")) for one in PAGES)
    return [
        (name, dedent(found[2]))
        for name, content in pages
        for found in _FENCE.finditer(content)
        if found[1] == language
    ]


def anchor(heading: str) -> str:
    """A heading as forges turn it into an anchor."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(content: str) -> set[str]:
    return {anchor(found) for found in re.findall(r"^#+ (.+)$", prose(content), re.MULTILINE)}


def rows(content: str) -> Iterator[tuple[str, list[str]]]:
    """Rows of the tables of a page, each with the heading it stands under; head and rule left out."""
    heading, body = "", False
    for line in content.splitlines():
        if line.startswith("#"):
            heading, body = line, False
        elif not line.startswith("|"):
            body = False
        elif set(line) <= set("|- "):
            body = True
        elif body:
            yield heading, [cell.strip() for cell in line.strip("|").split("|")]


def named(content: str, heading: str) -> set[str]:
    """What the first cells of the tables under a heading name in code marks."""
    under = [cells[0] for found, cells in rows(content) if found.lstrip("# ") == heading]
    assert under, f"no table under {heading!r}"
    return {name for cell in under for name in re.findall(r"`([^`]+)`", cell)}


# Links


@pytest.mark.parametrize("file", PAGES, ids=lambda one: one.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_heading(file: Path) -> None:
    for target in _LINK.findall(prose(file.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        path, _, fragment = target.partition("#")
        there = (file.parent / path).resolve() if path else file
        assert there.exists(), f"{file.name}: {target}"
        if fragment:
            assert fragment in anchors(there.read_text(encoding="utf-8")), f"{file.name}: {target}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        file = waiting.pop()
        if file in reached or not file.exists():
            continue
        reached.add(file)
        if file.is_dir():
            waiting += file.rglob("*.md")
            continue
        links = (one.partition("#")[0] for one in _LINK.findall(file.read_text(encoding="utf-8")) if "://" not in one)
        waiting += [(file.parent / one).resolve() for one in links if one.endswith((".md", "/"))]
    assert {one for one in (ROOT / "docs").rglob("*.md") if one not in reached} == set()


# Configuration


NAMED: dict[str, dict[str, str]] = {
    "accounts": {"broker": "alpaca"},
    "windows": {"begins": "open", "ends": "close"},
    "approvers": {"totp": "env:DESK_TOTP"},
    "credentials": {"reference": "file:desk.secret"},
}
"""Tables whose name the user chooses, with what they must hold."""


def keys_of_the_parser(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every key that the parser asks for, as `table.key`."""
    asked: set[str] = set()
    has = TomlTable.has

    def recording(table: TomlTable, key: str) -> bool:
        where = table.place.partition(" [")[2].rstrip("]").replace(".a", ".NAME")
        where = where.replace("accounts.NAME.risk", "risk")  # one table for both places
        asked.add(f"{where}.{key}" if where else key)
        return has(table, key)

    monkeypatch.setattr(TomlTable, "has", recording)
    named = {name: {"a": keys} for name, keys in NAMED.items()}
    parse_settings({**named, "signals": {"formats": {"a": {}}}}, {})
    return asked - {f"{name}.a" for name in (*NAMED, "signals.formats")}


def documented_keys() -> dict[str, str]:
    """Every key of docs/configuration.md as `table.key`, with what stands as its default."""
    found = {}
    for heading, cells in rows(page("docs/configuration.md")):
        if match := _TABLE_HEADING.match(heading):
            key = cells[0].strip("`")
            found[f"{match[1]}.{key}" if match[1] else key] = cells[1]
    return found


def test_every_key_of_the_parser_is_documented_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    from brokers.alpaca.adapter import OPTIONS

    options = {f"accounts.NAME.options.{one}" for one in OPTIONS}
    assert set(documented_keys()) == keys_of_the_parser(monkeypatch) | options


def test_the_documented_defaults_are_the_defaults() -> None:
    lines: dict[str, list[str]] = {"": []}
    lines |= {f"{name}.NAME": [f'{key} = "{one}"' for key, one in keys.items()] for name, keys in NAMED.items()}
    for key, default in documented_keys().items():
        table, _, name = key.rpartition(".")
        if (literal := re.fullmatch(r"`(.+)`", default)) and not table.endswith(".options"):
            lines.setdefault(table, []).append(f"{name} = {literal[1]}")
    written = "\n".join("\n".join([f"[{table}]" * bool(table), *keys]) for table, keys in lines.items())

    settings = parse_settings(tomllib.loads(written, parse_float=Decimal), {})

    signals = replace(settings.signals, formats=())
    bare = replace(settings, accounts={}, windows=USUAL, approvers={}, credentials={}, signals=signals)
    assert bare == Settings(accounts={})
    assert settings.signals.formats == (Format("NAME"),)
    assert settings.windows == (Window("NAME", moment("open"), moment("close")),)
    assert settings.approvers == {"NAME": Approver("NAME", "env:DESK_TOTP")}
    name = CredentialId("NAME")
    assert settings.credentials == {name: CredentialSettings(name, "file:desk.secret")}
    account = settings.accounts[AccountId("NAME")]
    assert account == AccountSettings(account.account)


def test_the_template_without_its_comment_marks_is_the_defaults_and_holds_every_table() -> None:
    text_ = TEMPLATE.read_text(encoding="utf-8")
    bare = re.sub(r"^# (?=\[[\w.-]+\]|\w+ = )", "", text_, flags=re.MULTILINE)
    read = tomllib.loads(bare, parse_float=Decimal)

    parse_settings(read, {})

    shown = {key for key in read if key != "accounts"} | set(read["accounts"]["alpaca-main"])
    assert shown >= {"run", "tolerances", "caps", "severities", "alerts", "risk", "lot_method", "live_enabled"}
    caps, tolerances = dict(read["caps"]), read["tolerances"]
    assert parse_settings({"caps": caps}, {}).caps == Settings({}).caps
    assert set(caps) == {key.partition(".")[2] for key in documented_keys() if key.startswith("caps.")}
    assert (
        parse_settings({"tolerances": tolerances | {"version": "default-1"}}, {}).tolerances == Settings({}).tolerances
    )


def test_every_environment_name_is_documented_and_no_other() -> None:
    known = {*KNOWN, *ENVIRONMENT_SETTINGS, *_OTHER_NAMES, *(name.upper() for name in RISK), "PREFECT_API_URL"}
    secrets = {name for prefix in [*_VENUES, "PREFIX"] for name in secret_names(prefix).all}
    content = page("docs/configuration.md")
    sections = (
        "Names of tieout",
        "Names that change what a run does",
        "Names that are checked and kept",
        "Names of Prefect",
    )
    in_tables = [name for section in sections for name in named(content, section)]
    of_keys = {
        name
        for heading, cells in rows(content)
        if heading == "### Keys of accounts"
        for cell in cells[1:]
        for name in re.findall(r"`(\w+)`", cell)
    }

    assert sorted(in_tables) == sorted(known)
    assert of_keys == secrets


@pytest.mark.parametrize(("name", "block"), fenced("toml"))
def test_toml_examples_are_settings(name: str, block: str) -> None:
    settings = parse_settings(tomllib.loads(block, parse_float=Decimal), {}, place=name)
    assert settings != Settings(accounts={})


# The close


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("Break kinds", [one.value for one in BreakKind]),
        ("Causes", [one.value for one in Cause]),
        ("States of a case", [one.value for one in CaseState]),
        ("How a run ends", [words(one).capitalize() for one in OutcomeState]),
    ],
)
def test_the_close_is_documented_word_for_word(heading: str, values: list[str]) -> None:
    assert named(page("docs/close.md"), heading) == set(values)


def test_exit_codes_and_severities_are_as_documented() -> None:
    told = {
        cells[0].strip("`"): cells for heading, cells in rows(page("docs/close.md")) if heading == "## How a run ends"
    }
    for state in OutcomeState:
        _, _, code, severity, _ = told[words(state).capitalize()]
        assert (int(code), severity) == (_EXIT.get(state, 0), _SEVERITY[state].value)


def test_every_activity_of_alpaca_is_documented_and_no_other() -> None:
    from brokers.alpaca.parse.activities import KINDS

    told = [cells for heading, cells in rows(page("docs/venues/alpaca.md")) if heading == "### Activities"]
    assert {word for cells in told for word in re.findall(r"[A-Z]{2,}", cells[0])} == set(KINDS)


def test_the_readme_names_every_state_of_a_run() -> None:
    assert [one for one in OutcomeState if f"`{words(one).capitalize()}`" not in page("README.md")] == []


def test_every_rule_is_documented_and_no_other() -> None:
    close = page("docs/close.md")
    told = named(close, "What resolves itself") | named(close, "What never resolves itself")
    assert told == {rule.__name__ for rule in RULES}


# Commands


def commands() -> set[str]:
    """`demo`, `explain break`, …: every command that does something."""
    top = get_command(app)
    found = set()
    for name, command in top.commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found |= {f"{name} {one}" for one in below} if below else {name}
    return found


def test_every_command_is_documented() -> None:
    everything = "\n".join(one.read_text(encoding="utf-8") for one in PAGES)
    assert [one for one in sorted(commands()) if f"tieout {one}" not in everything] == []


def test_no_page_names_a_command_that_does_not_exist() -> None:
    first = {one.split()[0] for one in commands()}
    in_code = [
        (file.name, code)
        for file in PAGES
        for code in [
            *re.findall(r"`([^`\n]+)`", prose(file.read_text(encoding="utf-8"))),
            *(line for found in _FENCE.finditer(file.read_text("utf-8")) for line in _typed(found[1], found[2])),
        ]
    ]
    wrong = {
        (name, code)
        for name, code in in_code
        if re.match(r"(\$ )?(\S*/)?tieout [a-z]", code)
        for match in [_COMMAND.search(code)]
        if match and match[1].split()[0] not in first
    }
    assert wrong == set()


def _typed(language: str, block: str) -> Iterable[str]:
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")] if language else []


# Examples


@pytest.mark.parametrize(("name", "block"), fenced("sql"))
def test_sql_examples_run_on_empty_stores(name: str, block: str, stores: Stores) -> None:
    """The first line says which store: `-- journal` or `-- warehouse`."""
    known: dict[str, Journal | Warehouse] = {"-- journal": stores.journal, "-- warehouse": stores.warehouse}
    store = known[block.splitlines()[0]]
    statements = [one for one in block.split(";\n") if one.strip()]
    assert statements, name
    with store.read() as connection:
        for one in statements:
            connection.execute(text(one.replace(":", r"\:"))).all()


@pytest.mark.parametrize(("name", "block"), fenced("python"))
def test_python_examples_can_be_read(name: str, block: str) -> None:
    compile(block, name, "exec")


@pytest.mark.parametrize(("name", "block"), fenced("csv"))
def test_csv_examples_can_be_imported(name: str, block: str) -> None:
    batch = read_executions(SourceFile(name, block.encode()), signed_off_by="desk", sessions=Sessions("XNYS"))
    assert batch.records


def test_the_tables_for_outsiders_have_the_columns_that_are_promised(stores: Stores) -> None:
    checked = 0
    for heading, cells in rows(page("docs/stores.md")):
        if heading != "## Tables that outside queries may use":
            continue
        columns = ", ".join(re.findall(r"`(\w+)`", cells[2]))
        store = stores.warehouse if "warehouse" in cells[1] else stores.journal
        for table in re.findall(r"`(\w+)`", cells[0]):
            with store.read() as connection:
                connection.execute(text(f"SELECT {columns} FROM {table}")).all()
            checked += 1
    assert checked >= 15


def test_the_simulator_example_shows_its_account_on_a_loopback_port(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = [block for name, block in fenced("python") if name == "docs/simulator.md" and "AlpacaFace" in block]
    monkeypatch.setattr("builtins.input", lambda _: "")
    exec(compile(re.sub(r"port=\d+", "port=0", block), "docs/simulator.md", "exec"), {})  # noqa: S102
    assert "http://127.0.0.1:" in capsys.readouterr().out
