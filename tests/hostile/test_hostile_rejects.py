"""What is rejected is never lost: it waits, it is explained, it comes in exactly once after the mistake is mended."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from schemas.sources.base import DateText, OptionalText, SourceRecord
from traforo import report
from traforo.commands import rejects as commands
from traforo.pipeline.rejects import replay_rejects
from warehouse import reject_store

BAD = {"id": "bad", "weight": "a tonne"}


class Mended(SourceRecord):
    """The contract after it learnt that a weight may be words."""

    id: str
    name: OptionalText = None
    weight: OptionalText = None
    day: DateText = None
    kind: OptionalText = None

    def record_key(self) -> str:
        return self.id


@pytest.fixture
def mend(monkeypatch: pytest.MonkeyPatch) -> Any:
    def change() -> None:
        monkeypatch.setattr("warehouse.load.get_contract", lambda _stream: Mended)
        monkeypatch.setattr("warehouse.load.contract_digest", lambda *_: "mended" * 8)

    monkeypatch.setattr("traforo.pipeline.ingest.check", lambda _settings, _run: None)
    monkeypatch.setattr("traforo.pipeline.rejects.engine_of", None)
    return change


@pytest.fixture(autouse=True)
def pooled_engine(trial: Any, mend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from traforo.pipeline import ingest

    monkeypatch.setattr("traforo.pipeline.rejects.engine_of", ingest.engine_of)


def statuses(trial: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = trial.rows("select record_key, status from ops.reject order by id")
    return found


def test_a_reject_comes_in_once_after_the_contract_was_mended(trial: Any, mend: Any) -> None:
    trial.items([{"id": "a"}, BAD])
    trial.sync()
    assert [r.outcome for r in replay_rejects(trial.settings, "trial")] == ["unchanged"]
    assert statuses(trial) == [("bad", "open")]
    asked = len(trial.wire.asked)
    mend()
    assert [r.outcome for r in replay_rejects(trial.settings, "trial")] == ["loaded"]
    assert trial.keys() == ["a", "bad"]
    assert statuses(trial) == [("bad", "replayed")]
    assert replay_rejects(trial.settings, "trial") == []
    assert trial.rows("select max(version) from raw.trial__things") == [(1,)]
    assert len(trial.wire.asked) == asked, "nothing is fetched"


def test_rejects_that_stand_only_in_older_landings_of_a_feed_come_in_too(trial: Any, mend: Any) -> None:
    trial.stream = {"complete": False}
    trial.items([{"id": "old", "weight": "1"}, BAD, {"id": "later", "weight": "heavy"}])
    trial.sync()
    trial.items([{"id": "old", "weight": "2"}, {"id": "later", "weight": "9"}])
    trial.sync()
    assert statuses(trial) == [("bad", "open"), ("later", "replayed")]
    mend()
    results = replay_rejects(trial.settings, "trial")
    assert [r.outcome for r in results] == ["unchanged", "loaded"]
    assert dict(trial.rows("select record_key, payload ->> 'weight' from raw.trial__things")) == {
        "old": "2", "bad": "a tonne", "later": "9",
    }  # fmt: skip
    assert ("bad", "open") not in statuses(trial)
    trial.items([{"id": "old", "weight": "2"}, {"id": "later", "weight": "9"}])
    assert trial.sync().outcome == "unchanged"


def test_a_record_that_is_still_bad_is_one_reject_after_a_change_of_rules(trial: Any, mend: Any) -> None:
    trial.stream = {"complete": False}
    trial.items([{"id": "a"}, {"id": "b", "colour": "red"}])
    trial.sync()
    mend()
    trial.sync()
    assert statuses(trial) == [("b", "superseded"), ("b", "open")]


def test_a_dismissed_record_does_not_come_back_and_protects_its_last_good_version(trial: Any) -> None:
    trial.items([{"id": "a"}, {"id": "bad", "weight": "1"}])
    trial.sync()
    trial.items([{"id": "a"}, BAD])
    trial.sync()
    [found] = reject_store.find(trial.engine, source="trial")
    assert reject_store.dismiss(trial.engine, [found["id"]], "somebody (synthetic)", "agreed with the owner") == 1
    for _ in range(2):
        trial.items([{"id": "a"}, BAD, {"id": f"new{_}"}])
        trial.sync()
        assert statuses(trial) == [("bad", "dismissed")]
        assert "bad" in list(trial.keys())
    row = reject_store.get(trial.engine, found["id"])
    assert (row["status"], row["note"], row["resolved_by"]) == (
        "dismissed", "agreed with the owner", "somebody (synthetic)"
    )  # fmt: skip
    trial.items([{"id": "a"}, {"id": "bad", "weight": "another mistake"}])
    trial.sync()
    assert statuses(trial) == [("bad", "dismissed"), ("bad", "open")]


def test_dismissing_one_repeated_key_does_not_hide_another(trial: Any) -> None:
    first = [{"id": "a", "name": "1"}, {"id": "b", "name": "1"}]
    trial.items(first)
    trial.sync()
    trial.items([{"id": "a", "name": "2"}, *first])
    trial.sync()
    [found] = reject_store.find(trial.engine, source="trial")
    assert (found["record_key"], found["payload"]["name"]) == ("a", "1"), "a known record is told whole, too"
    reject_store.dismiss(trial.engine, [found["id"]], "somebody (synthetic)", "agreed with the owner")
    trial.items([{"id": "a", "name": "2"}, {"id": "b", "name": "2"}, *first])
    assert trial.sync().streams["things"]["rejected"] == 2
    assert statuses(trial) == [("a", "dismissed"), ("b", "open")]


def test_dismissing_needs_a_reason_and_only_touches_open_rejects(trial: Any) -> None:
    with pytest.raises(ValueError, match="say why"):
        reject_store.dismiss(trial.engine, [1], "somebody (synthetic)", "  ")
    assert reject_store.dismiss(trial.engine, [999_999], "somebody (synthetic)", "because") == 0
    with pytest.raises(LookupError):
        reject_store.get(trial.engine, 999_999)


NASTY = ["[/red] [bold]", "\x1b]0;owned\x07\x1b[2J", "=cmd|' /C calc'!A0", "\u202egnp.exe", 'a;b"c\nd', "tail\\"]


@pytest.fixture
def command(trial: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``traforo rejects …`` on the warehouse of the test."""
    from traforo.pipeline import ingest

    monkeypatch.setattr(commands, "engine_of", ingest.engine_of)
    monkeypatch.setattr(commands, "settings", lambda: trial.settings)
    monkeypatch.setattr(report.console, "_width", 400)
    return lambda *words: CliRunner().invoke(commands.app, [*words])


def test_what_a_source_writes_does_nothing_to_the_terminal_of_who_reads_it(trial: Any, command: Any) -> None:
    trial.items([{"id": "good"}, *({"id": f"k{n}", "weight": text} for n, text in enumerate(NASTY))])
    trial.sync()
    result = command("list")
    assert (result.exit_code, result.exception) == (0, None)
    assert "[/red] [bold]" in result.output
    assert not set(result.output) & {"\x1b", "\x07", "\u202e"}


@pytest.mark.parametrize(("lang", "title", "told"), [
    ("fr", "à corriger", "n'est pas un nombre"), ("it", "da correggere", "non è un numero"),
])  # fmt: skip
def test_the_owner_opens_the_export_with_a_double_click(
    trial: Any, command: Any, tmp_path: Path, lang: str, title: str, told: str
) -> None:
    trial.items([{"id": "good"}, *({"id": f"k{n}", "weight": text} for n, text in enumerate(NASTY))])
    trial.sync()
    file = tmp_path / "rejects.csv"
    result = command("export", str(file), "--lang", lang)
    assert (result.exit_code, result.exception) == (0, None)
    body = file.read_bytes()
    assert body.startswith("\ufeff".encode())
    with file.open(encoding="utf-8-sig", newline="") as stream:
        titles, *rows = csv.reader(stream, delimiter=";")
    assert titles[-1] == title
    assert [row[7].removeprefix("'") for row in rows] == NASTY
    assert all(told in row[-1] for row in rows), rows
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r\n")]


def test_a_file_that_cannot_be_written_is_one_line_and_nothing_is_hidden_in_it(command: Any, tmp_path: Path) -> None:
    result = command("export", str(tmp_path / "nowhere" / "r.csv"))
    assert result.exit_code == 1
    assert "[Errno 2]" in result.output
    assert "Traceback" not in result.output


def test_many_rejects_are_counted_and_only_some_are_shown(trial: Any, command: Any, tmp_path: Path) -> None:
    trial.items([{"id": "good"}, *({"id": f"k{n:04}", "weight": "x"} for n in range(1200))])
    trial.sync()
    result = command("list", "--limit", "3")
    assert "1200" in result.output
    assert result.output.count("trial.things") == 3
    assert "1200 records written" in command("export", str(tmp_path / "r.csv")).output
    lines = (tmp_path / "r.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1201
    assert len({line.split(";")[5] for line in lines}) == 1201
