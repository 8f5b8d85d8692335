"""A scaffolded source works as it stands: its test, the standard suite and the linter pass in a copy of the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from traforo.scaffold.new_source import Written, create

ROOT = Path(__file__).resolve().parents[3]
COPIED = ("connectors", "schemas", "warehouse", "traforo", "sandbox", "publish", "quality", "tests/contract/standard")
MAX_PYTHON_LINES = 120


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parts of the project that a source touches, with one source more."""
    copy = tmp_path_factory.mktemp("tree")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "*.parquet"))
    dbt = (
        "dbt_project.yml",
        "models/intermediate/resolved/int_source_status.sql",
        "models/intermediate/unioned/int_lineage.sql",
    )
    for name in dbt:
        (copy / "dbt_project" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "dbt_project" / name, copy / "dbt_project" / name)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.fixture(scope="module")
def written(tree: Path) -> list[Written]:
    return create(tree, "eco_parchi", stream="richieste", title="Eco parchi (fittizio)", country="IT", language="it")


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_its_own_test_and_the_standard_suite_pass(tree: Path, written: list[Written]) -> None:
    done = run(tree, "pytest", "-q", "-p", "no:cacheprovider", "tests/contract", "-k", "eco_parchi")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "1 failed" not in done.stdout
    passed = int(done.stdout.split(" passed")[0].split()[-1])
    assert passed > 15, done.stdout[-500:]


def test_the_linter_has_nothing_to_say(tree: Path, written: list[Written]) -> None:
    files = [str(w.path) for w in written if w.path.suffix == ".py"]
    for command in (("check",), ("format", "--check")):
        done = run(tree, "ruff", *command, "--no-cache", *files)
        assert done.returncode == 0, done.stdout


def test_it_costs_little(written: list[Written]) -> None:
    new = [w for w in written if w.is_new]
    python = sum(w.lines for w in new if w.path.suffix == ".py")
    assert python <= MAX_PYTHON_LINES
    assert len([w for w in new if "dbt_project" in w.path.parts]) == 4
    assert not any("dags" in w.path.parts or "migrations" in w.path.parts for w in written)


def test_the_lines_that_make_it_known(tree: Path, written: list[Written]) -> None:
    lines = {str(w.path): w.lines for w in written if not w.is_new}
    assert set(lines.values()) == {1}
    assert "    synergie: 5160\n    eco_parchi: 48\n" in (tree / "dbt_project/dbt_project.yml").read_text()
    for path in lines:
        assert "eco_parchi" in (tree / path).read_text()
    lineage = (tree / "dbt_project/models/intermediate/unioned/int_lineage.sql").read_text()
    assert ",\n    ('eco_parchi', 'richieste')\n] %}" in lineage


@pytest.mark.parametrize(
    ("name", "country"), [("Bad Name", "IT"), ("../x", "IT"), ("core", "IT"), ("a", "IT"), ("ok_name", "DE")]
)
def test_names_that_cannot_be_are_refused_before_anything_is_written(tmp_path: Path, name: str, country: str) -> None:
    with pytest.raises(ValueError, match=r"not a name|none of"):
        create(tmp_path, name, stream="records", title="x", country=country, language="it")
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_is_there_is_not_overwritten(tree: Path, written: list[Written]) -> None:
    with pytest.raises(ValueError, match="there already"):
        create(tree, "eco_parchi", stream="richieste", title="x", country="IT", language="it")
