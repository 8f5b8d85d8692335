"""The command: files alone are read, findings are printed whole, exit codes tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from publish.claim_data import ClaimData
from publish.claim_words import Words
from tests.unit.money.conftest import finding
from traforo.commands import claim, claim_check
from traforo.settings import Settings

RUNNER = CliRunner()


@pytest.fixture
def shown(claim_data: ClaimData, monkeypatch: pytest.MonkeyPatch) -> ClaimData:
    """The command sees this claim instead of a warehouse."""
    monkeypatch.setattr(claim, "_data", lambda current, project: claim_data)
    return claim_data


def test_check_shows_place_value_and_amount_and_ends_with_1(shown: ClaimData) -> None:
    result = RUNNER.invoke(claim.app, ["check", "--lang", "fr"])
    assert result.exit_code == 1
    assert "Erreur" in result.output
    assert "a.xlsx › Spese › 7" in result.output
    assert "attendu 1\u202f000,00" in result.output
    assert "a.xlsx › Spese › 2" in result.output, "every line of a duplicate has its place"
    assert "R30" not in result.output
    assert "R30" in RUNNER.invoke(claim.app, ["check", "--info"]).output


def test_check_ends_with_0_when_every_error_was_dismissed(
    claim_data: ClaimData, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [f for f in claim_data.findings if f.severity != "ERROR" or f.status == "REJECTED"]
    fine = ClaimData("r", good, claim_data.rules, [], [], [], [], [], [])
    monkeypatch.setattr(claim, "_data", lambda current, project: fine)
    assert RUNNER.invoke(claim.app, ["check"]).exit_code == 0


def test_a_line_that_could_not_be_read_is_an_error(claim_data: ClaimData, monkeypatch: pytest.MonkeyPatch) -> None:
    rejects = ClaimData("r", [], claim_data.rules, [], [], [], [], [], claim_data.rejects)
    monkeypatch.setattr(claim, "_data", lambda current, project: rejects)
    result = RUNNER.invoke(claim.app, ["check", "--lang", "it"])
    assert result.exit_code == 1
    assert "Righe illeggibili: 1" in result.output


def test_check_of_files_shows_their_findings_only(
    claim_data: ClaimData, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = ClaimData(
        "r", [finding("R03", "ERROR", file="b.xlsx", evidence=[])], claim_data.rules, [], [], [], [], [], []
    )
    monkeypatch.setattr(claim, "_data", lambda current, project: other)
    monkeypatch.setattr(claim, "read_files", lambda current, files, words: None)
    assert RUNNER.invoke(claim.app, ["check", str(tmp_path / "a.xlsx")]).exit_code == 0
    assert RUNNER.invoke(claim.app, ["check", str(tmp_path / "b.xlsx")]).exit_code == 1


def test_report_writes_a_workbook_and_a_page(shown: ClaimData, tmp_path: Path) -> None:
    result = RUNNER.invoke(claim.app, ["report", "--lang", "it", "--out", str(tmp_path / "r.xlsx")])
    assert result.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.html", "r.xlsx"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--lang", "de"],
        ["report", "--out", "r.pdf"],
        ["decide", "fnd_1", "maybe", "--who", "A", "--why", "B"],
        ["receive", "Ente", "a lot", "--on", "2020-01-01", "--who", "A"],
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def no_release(current: Settings, *, writes: bool = False) -> Iterator[tuple[Any, str, str]]:
        yield None, "schema", "release"

    monkeypatch.setattr(claim, "_release", no_release)
    result = RUNNER.invoke(claim.app, arguments)
    assert result.exit_code == 1
    assert result.output.startswith("error:")


def test_only_the_named_files_are_read(tmp_path: Path) -> None:
    plan, other, config = tmp_path / "plan.xlsx", tmp_path / "other.xlsx", tmp_path / "traforo.yml"
    budgets = [{"path": str(path), "project": "P"} for path in (plan, other)]
    config.write_text(yaml.safe_dump({"sources": {"synergie": {"options": {"inbox": "/drop", "budgets": budgets}}}}))
    with claim_check.only_files(Settings(tmp_path, config), [plan]) as narrowed:
        assert narrowed.config is not None
        options = yaml.safe_load(narrowed.config.read_text())["sources"]["synergie"]["options"]
        source = narrowed.source("synergie")
    assert options == {"inbox": None, "budgets": [budgets[0]], "files": [str(plan)]}
    assert source.options["inbox"] is None
    assert not narrowed.config.exists(), "the narrowed settings leave nothing behind"


def test_a_missing_file_is_named_in_the_language(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"File non trovato: .*nowhere\.xlsx"):
        claim_check.read_files(Settings(tmp_path), [tmp_path / "nowhere.xlsx"], Words("it"))


def test_files_that_cannot_be_read_are_explained_and_change_nothing(
    claim_data: ClaimData, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def held(current: Settings, files: Any, words: Words) -> None:
        raise claim_check.FilesHeldError("run_1")

    error = {"field": "(file)", "rule": "lost_accents", "value": "a.csv", "message": "heading 'B_n_ficiaire'"}
    told = [{"file": "a.csv", "sheet": None, "row": None, "errors": [error]}]
    monkeypatch.setattr(claim, "read_files", held)
    monkeypatch.setattr(claim, "_rejects_of", lambda current, run_id: told if run_id == "run_1" else [])
    result = RUNNER.invoke(claim.app, ["check", str(tmp_path / "a.csv"), "--lang", "it"])
    assert result.exit_code == 1
    assert "Nulla è cambiato" in result.output
    assert "a.csv" in result.output and "lettere accentate" in result.output
