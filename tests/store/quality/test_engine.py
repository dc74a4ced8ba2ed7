"""The one place that reaches into Great Expectations. A new version must fail here before it fails at night."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from sql.quality import engine
from sql.quality.suites.positions import POSITIONS
from sql.quality.validate import validate
from sql.warehouse import Warehouse
from tests.databases import Stores
from tests.store.quality.account import ACCOUNT, CAPTURED, DAY, clean

ROOT = Path(__file__).resolve().parents[3]
WHERE = "great_expectations.execution_engine.sqlalchemy_execution_engine._PERSISTED_CONNECTION_DIALECTS"


def run(code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(cwd), "TMPDIR": str(cwd), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_great_expectations_still_lists_the_dialects_whose_connection_persists() -> None:
    engine.import_gx()
    from great_expectations.execution_engine import sqlalchemy_execution_engine as theirs

    assert "duckdb" in theirs._PERSISTED_CONNECTION_DIALECTS
    assert "sqlite" in theirs._PERSISTED_CONNECTION_DIALECTS
    assert len(theirs._PERSISTED_CONNECTION_DIALECTS) == len(set(theirs._PERSISTED_CONNECTION_DIALECTS))


def test_the_patch_is_still_needed(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails, Great Expectations has learnt to read from DuckDB: take the patch out."""
    engine.import_gx()
    monkeypatch.setattr(WHERE, ("sqlite",))
    monkeypatch.setattr(engine, "_keep_duckdb_connections", lambda: None)
    with warehouse.write() as connection:
        subject = clean().store(connection)
    with warehouse.write() as connection:
        results = validate(connection, POSITIONS, subject).results

    assert any("could not be evaluated" in one.observed for one in results)


def test_a_version_that_moved_the_list_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    engine.import_gx()
    monkeypatch.delattr(WHERE)

    with pytest.raises(RuntimeError, match=r"sql/quality/engine\.py"):
        engine.import_gx()


def test_patching_twice_lists_duckdb_once() -> None:
    engine.import_gx()
    engine.import_gx()
    from great_expectations.execution_engine import sqlalchemy_execution_engine as theirs

    assert list(theirs._PERSISTED_CONNECTION_DIALECTS).count("duckdb") == 1


def test_its_connection_ends_with_the_block(warehouse: Warehouse) -> None:
    with warehouse.write() as connection, engine.execution_engine(connection.engine) as theirs:
        assert theirs.execute_query(text("SELECT 42")).scalar_one() == 42
        held = theirs._connection

    assert held.closed


def test_a_collected_engine_does_not_dispose_of_ours(warehouse: Warehouse) -> None:
    with warehouse.write() as connection:
        with engine.execution_engine(connection.engine) as theirs:
            theirs.execute_query(text("SELECT 1"))
        del theirs

        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_the_package_is_imported_without_great_expectations(tmp_path: Path) -> None:
    done = run("import sql.quality, sys; print('great_expectations' in sys.modules)", tmp_path)

    assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_what_is_postponed_works_when_it_is_used(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom sql.quality.engine import import_gx\nimport_gx()\n"
        "print('scipy.stats._stats_py' in sys.modules, 'altair.vegalite' in sys.modules)\n"
        "from scipy import stats\nimport altair\n"
        "print(stats.norm.cdf(0), altair.Chart.__name__)"
    )

    done = run(code, tmp_path)

    assert done.stdout.splitlines() == ["False False", "0.5 Chart"]
    assert done.stderr == ""


@pytest.mark.slow
def test_a_judgement_is_quiet_and_leaves_files_only_in_its_docs(file_stores: Stores, tmp_path: Path) -> None:
    stores = file_stores
    with stores.warehouse.write() as connection:
        subject = clean().store(connection)
    stores.close()
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "from datetime import date, datetime\nfrom pathlib import Path\n"
        "from sql.quality import judge\nfrom sql.warehouse import Warehouse\nfrom tieout.settings import Tolerances\n"
        f"warehouse = Warehouse.open({stores.warehouse_url!r})\n"
        f"judge(warehouse, {subject.snapshot_id}, account_id={str(ACCOUNT)!r}, "
        f"business_date=date.fromisoformat({DAY.isoformat()!r}), "
        f"captured_at=datetime.fromisoformat({CAPTURED.isoformat()!r}), tolerances=Tolerances(), "
        "docs_dir=Path('docs'))"
    )

    done = run(code, home)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in home.iterdir()] == ["docs"]
