"""A file is read once for all streams, and not again while nothing in it is new."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.core.http import HttpClient
from connectors.core.landing import Landed, land
from connectors.core.registry import get_connector, get_source
from connectors.core.source import FetchContext, RawRecord, UnreadRecord
from connectors.synergie import contents, outline
from connectors.synergie.outline import FOLDER

HEADING = "N° projet;Partenaire;N° dépense;N° demande de remboursement;Fournisseur;N° facture;Libellé;Montant déclaré"
STREAMS = ("depenses", "budgets", "demandes", "postes", "controles")


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the files that were parsed, in order."""
    found: list[str] = []
    parse = contents.read_workbook

    def counted(path: Path, settings: Any) -> Any:
        found.append(path.name.partition("-")[2])
        return parse(path, settings)

    monkeypatch.setattr(contents, "read_workbook", counted)
    yield found
    forget()


def forget() -> None:
    """What a new process does not know."""
    for cache in (contents._outline, contents._contents, contents._small):
        cache.cache_clear()


@pytest.fixture
def drop(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, numbers: range, age: int, total: str | None = None) -> Path:
        path = tmp_path / name
        rows = [f"9901;Ente Alfa (fittizio);{n};1;Rossi Mario (fittizio);F{n};Studio;{n},50" for n in numbers]
        rows += [f"Total;;;;;;;{total}"] if total else []
        path.write_text("\n".join([HEADING, *rows]), encoding="utf-8")
        os.utime(path, (10**9 - age, 10**9 - age))
        return path

    return write


def landed(root: Path, stream: str, run: str, paths: list[Path], previous: Landed | None = None) -> Landed:
    source = get_source("synergie", {"options": {"files": [str(path) for path in paths]}})
    context = FetchContext(HttpClient(source), source)
    if previous:
        context.validators = {part.url: part.meta["validators"] for part in previous.parts}
    parts = get_connector("synergie").fetch(source.stream(stream), context)
    return land(root, "synergie", stream, run, parts, context.notes, previous)


def records(where: Landed, stream: str) -> list[RawRecord | UnreadRecord]:
    source = get_source("synergie", {"options": {"files": ["x"]}})
    connector = get_connector("synergie")
    return [record for part in where.parts for record in connector.read(source, source.stream(stream), part)]


def full(found: list[RawRecord | UnreadRecord]) -> list[RawRecord]:
    return [record.record() if isinstance(record, UnreadRecord) else record for record in found]


def test_a_file_is_parsed_once_for_all_streams(tmp_path: Path, drop: Any, read_files: list[str]) -> None:
    paths = [drop("a.csv", range(1, 4), 2, "7,50"), drop("b.csv", range(10, 13), 1)]
    seen = {name: full(records(landed(tmp_path / "landing", name, "r1", paths), name)) for name in STREAMS}
    assert sorted(read_files) == ["a.csv", "b.csv"]
    assert [len(seen[name]) for name in STREAMS] == [6, 0, 0, 0, 1]


def test_an_unchanged_file_is_not_parsed_again_and_says_the_same(
    tmp_path: Path, drop: Any, read_files: list[str]
) -> None:
    paths = [drop("a.csv", range(1, 4), 2), drop("b.csv", range(10, 13), 1)]
    first = landed(tmp_path / "landing", "depenses", "r1", paths)
    before = records(first, "depenses")
    known = full(before)
    forget()
    read_files.clear()
    paths[1] = drop("b.csv", range(10, 14), 0)
    second = landed(tmp_path / "landing", "depenses", "r2", paths, first)
    assert [part.path.stat().st_nlink for part in second.parts] == [1, 2], "the same bytes are linked"
    again = records(second, "depenses")
    assert read_files == ["b.csv"]
    told = {(r.context, r.text) for r in before if isinstance(r, UnreadRecord)}
    new = [r for r in again if isinstance(r, UnreadRecord) and (r.context, r.text) not in told]
    assert len(again) == 7
    assert len(new) == 4
    assert all(record in full(again) for record in known if record.data["fichier"] == "a.csv")


def test_a_file_that_shares_a_line_with_a_newer_one_is_read_with_it(tmp_path: Path, drop: Any) -> None:
    paths = [drop("a.csv", range(1, 5), 2), drop("b.csv", range(4, 6), 1)]
    found = full(records(landed(tmp_path / "landing", "depenses", "r1", paths), "depenses"))
    assert sorted((r.data["numero_depense"], r.data["fichier"]) for r in found) == [
        ("1", "a.csv"), ("2", "a.csv"), ("3", "a.csv"), ("4", "b.csv"), ("5", "b.csv"),
    ]  # fmt: skip


def test_an_outline_holds_no_text_and_is_for_one_reader(
    tmp_path: Path, drop: Any, read_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = landed(tmp_path / "landing", "depenses", "r1", [drop("a.csv", range(1, 4), 2)])
    records(where, "depenses")
    (kept,) = (tmp_path / "landing" / "synergie" / FOLDER).iterdir()
    assert not any(word in kept.read_text() for word in ("Rossi", "Alfa", "9901", "Studio"))
    forget()
    monkeypatch.setattr(outline, "_reader", lambda: b"another version")
    records(where, "depenses")
    assert read_files == ["a.csv", "a.csv"]


def test_half_an_outline_is_read_anew(tmp_path: Path, drop: Any, read_files: list[str]) -> None:
    where = landed(tmp_path / "landing", "depenses", "r1", [drop("a.csv", range(1, 4), 2)])
    records(where, "depenses")
    (kept,) = (tmp_path / "landing" / "synergie" / FOLDER).iterdir()
    kept.write_text('{"counts": {')
    forget()
    assert len(full(records(where, "depenses"))) == 3
    assert read_files == ["a.csv", "a.csv"]
