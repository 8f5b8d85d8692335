"""Cases 8 to 13: files that people and machines drop, through the real inbox of the Synergie source."""

from __future__ import annotations

import os
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import text

HEADINGS = ["N° projet", "Partenaire", "N° dépense", "Catégorie", "Libellé", "Montant déclaré"]


def line(number: int, amount: Any = 100) -> list[Any]:
    return ["9901", "CCI Exemple (fictif)", str(number), "Frais de personnel", f"ligne {number} (fictif)", amount]


def workbook(path: Path, rows: list[list[Any]], *, headings: list[str] = HEADINGS, **options: Any) -> Path:
    book = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet("Dépenses")
    for number, row in enumerate([headings, *rows]):
        sheet.write_row(number, 0, row)
    book.close()
    return path


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def drop(inbox: Path, real: Any) -> Callable[..., Any]:
    """One run over the inbox."""
    return lambda quiet=0: real("synergie", options={"inbox": str(inbox), "quiet_seconds": quiet})


@pytest.fixture
def rows(pooled: Any) -> Callable[[str], list[tuple[Any, ...]]]:
    def ask(query: str) -> list[tuple[Any, ...]]:
        with pooled.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    return ask


LINES = "select payload ->> 'numero_depense' from raw.synergie__depenses order by 1"
REJECTS = "select payload ->> 'fichier', errors -> 0 ->> 'rule' from ops.reject where status = 'open' order by 1"


def test_case_8_a_file_that_appears_slowly_is_one_whole_batch(
    inbox: Path, drop: Any, rows: Any, tmp_path: Path
) -> None:
    body = workbook(tmp_path / "whole.xlsx", [line(n) for n in range(200)]).read_bytes()
    path = inbox / "slow.xlsx"

    def write() -> None:
        with path.open("wb", buffering=0) as stream:
            for start in range(0, len(body), len(body) // 15):
                stream.write(body[start : start + len(body) // 15])
                time.sleep(0.08)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.1)
    outcomes = []
    while writer.is_alive() or len(outcomes) < 2:
        outcomes.append(drop(0.4).outcome)
    writer.join()
    outcomes.append(drop(0.4).outcome)
    assert outcomes.count("loaded") == 1, outcomes
    assert set(outcomes) <= {"loaded", "unchanged"}
    assert len(rows(LINES)) == 200
    assert rows(REJECTS) == []


def test_case_8_unfinished_names_are_left_alone(inbox: Path, drop: Any, rows: Any) -> None:
    for name in ("a.xlsx.part", "b.tmp", "~$c.xlsx", ".d.xlsx"):
        workbook(inbox / "x.xlsx", [line(1)]).rename(inbox / name)
    drop()
    assert rows(LINES) == []
    (inbox / "a.xlsx.part").rename(inbox / "a.xlsx")
    assert drop().outcome == "loaded"
    assert rows(LINES) == [("1",)]


def test_case_9_the_same_bytes_under_another_name_change_nothing(inbox: Path, drop: Any, rows: Any) -> None:
    workbook(inbox / "claim.xlsx", [line(1), line(2)])
    drop()
    before = rows("select record_key, payload ->> 'montant_declare', deleted_at from raw.synergie__depenses order by 1")
    (inbox / "copy of claim.xlsx").write_bytes((inbox / "claim.xlsx").read_bytes())
    drop()
    (inbox / "claim.xlsx").unlink()
    drop()
    assert before == rows(
        "select record_key, payload ->> 'montant_declare', deleted_at from raw.synergie__depenses order by 1"
    )
    assert rows(REJECTS) == []


def test_case_9_new_bytes_under_the_same_name_are_a_version_and_the_old_stay_landed(
    inbox: Path, drop: Any, rows: Any, server_home: Path
) -> None:
    workbook(inbox / "claim.xlsx", [line(1, 100)])
    first = drop()
    workbook(inbox / "claim.xlsx", [line(1, 150)])
    assert drop().outcome == "loaded"
    assert rows("select payload ->> 'montant_declare', version from raw.synergie__depenses") == [("150.00", 2)]
    assert len(list(server_home.glob(f"landing/synergie/depenses/*/run={first.run_id}/*claim.xlsx"))) == 1


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return path


NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = f'<?xml version="1.0"?><worksheet xmlns="{NS}"><sheetData>%s</sheetData></worksheet>'
FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


def replaced(path: Path, sheet: str) -> Path:
    """A workbook whose only sheet has this XML."""
    plain = workbook(path.with_suffix(".plain"), [line(1)])
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, sheet if name.endswith("sheet1.xml") else old.read(name))
    plain.unlink()
    return path


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
REFUSED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "zero.xlsx": (lambda p: p.write_bytes(b""), "empty_file"),
    "login.xlsx": (lambda p: p.write_text("<!DOCTYPE html><html><form>login</form></html>"), "html_not_xlsx"),
    "old.xls": (lambda p: p.write_bytes(OLE + b"\0" * 600), "xls_legacy"),
    "secret.xlsx": (
        lambda p: p.write_bytes(OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le")), "xlsx_encrypted"
    ),
    "macro.xlsm": (lambda p: zipped(workbook(p, [line(9)]), {"xl/vbaProject.bin": b"x"}), "xlsx_macro"),
    "cut.xlsx": (lambda p: p.write_bytes(workbook(p, [line(9)]).read_bytes()[:-900]), "xlsx_damaged"),
    "bomb.xlsx": (lambda p: replaced(p, SHEET % (" " * 60_000_000)), "xlsx_ratio"),
    "sparse.xlsx": (lambda p: replaced(p, SHEET % FAR), "xlsx_dimension"),
    "archive.zip": (lambda p: zipped(p, {"../../etc/passwd": b"x", "a.txt": b"y"}), "not_xlsx"),
    "many.xlsx": (lambda p: zipped(workbook(p, [line(9)]), {f"x/{n}": b"" for n in range(2500)}), "xlsx_too_large"),
    "dtd.xlsx": (lambda p: replaced(p, "<!DOCTYPE x [<!ENTITY a 'b'>]>" + SHEET % ""), "xml_doctype"),
}  # fmt: skip


def test_cases_10_and_11_files_that_cannot_be_read_wait_with_their_reason_and_the_others_go_on(
    inbox: Path, drop: Any, rows: Any
) -> None:
    for name, (make, _rule) in REFUSED.items():
        make(inbox / name)
    workbook(inbox / "good.xlsx", [line(1), line(2)])
    started = time.monotonic()
    result = drop()
    assert time.monotonic() - started < 20
    assert result.outcome == "loaded", result.failures
    assert rows(LINES) == [("1",), ("2",)]
    assert dict(rows(REJECTS)) == {name: rule for name, (_make, rule) in REFUSED.items()}
    assert sorted(p.name for p in inbox.iterdir()) == sorted([*REFUSED, "good.xlsx"])
    (inbox / "login.xlsx").unlink()
    workbook(inbox / "login.xlsx", [line(3)])
    drop()
    assert rows(LINES) == [("1",), ("2",), ("3",)]


def test_case_12_amounts_without_a_value_are_rejects_and_never_an_empty_amount(
    inbox: Path, drop: Any, rows: Any
) -> None:
    path = inbox / "cells.xlsx"
    book = xlsxwriter.Workbook(str(path), {"date_1904": True})
    sheet = book.add_worksheet("Dépenses")
    sheet.write_row(0, 0, HEADINGS)
    for number, amount in enumerate(["1 234,56 EUR", "1.234,56", "#REF!", "about 12", "12,5"], 1):
        sheet.write_row(number, 0, line(number)[:5])
        sheet.write(number, 5, amount)
    sheet.write_row(6, 0, line(6)[:5])
    sheet.write_formula(6, 5, "=1+1", None, "")
    book.close()
    drop()
    amounts = dict(
        rows("select payload ->> 'numero_depense', payload ->> 'montant_declare' from raw.synergie__depenses")
    )
    assert {n: float(a) for n, a in amounts.items()} == {"1": 1234.56, "2": 1234.56, "5": 12.5}
    rejected = rows("select position, errors -> 0 ->> 'field' from ops.reject order by 1")
    assert len(rejected) == 3
    assert {field for _, field in rejected} == {"montant_declare"}


def test_case_10_a_file_that_is_left_out_is_told_of_each_time(
    inbox: Path, drop: Any, rows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.synergie.connector.MAX_FILE_BYTES", 100_000)
    workbook(tmp_path / "made.xlsx", [line(80)]).rename(inbox / "good.xlsx")
    (inbox / "large.xlsx").write_bytes(b"x" * 100_001)
    for outcome in ("loaded", "unchanged"):
        result = drop()
        assert result.outcome == outcome, result.failures
        assert result.streams["depenses"]["notices"] == [
            "file 'large.xlsx' is left out: large.xlsx has 100001 bytes, at most 100000"
        ]
    assert rows(LINES) == [("80",)]


def test_case_13_a_name_that_is_no_text_and_a_time_in_the_far_future_stop_nothing(
    inbox: Path, drop: Any, rows: Any, tmp_path: Path
) -> None:
    """Files that lie there for a while, so that they are noted as arrived, too."""
    for number, (name, moment) in enumerate([(b"latin-\xe9.xlsx", 1e9), (b"year-2446.xlsx", 15_000_000_000)]):
        made = workbook(tmp_path / "made.xlsx", [line(70 + number)]).rename(inbox / os.fsdecode(name))
        os.utime(made, (moment, moment))
    (inbox / "link.xlsx").symlink_to(workbook(tmp_path / "outside.xlsx", [line(72)]))
    os.utime(tmp_path / "outside.xlsx", (1e9, 1e9))
    assert [drop().outcome, drop().outcome] == ["loaded", "unchanged"]
    assert rows(LINES) == [("70",), ("71",)]
    noted = "select uri from ops.inbound where received_at >= (select min(started_at) from ops.run) order by 1"
    assert rows(noted) == [("latin-\\xe9.xlsx",), ("year-2446.xlsx",)]


def test_case_13_names_and_links_cannot_lead_out_of_the_inbox(
    inbox: Path, drop: Any, rows: Any, tmp_path: Path, server_home: Path
) -> None:
    secret = workbook(tmp_path / "outside.xlsx", [line(66)])
    (inbox / "link.xlsx").symlink_to(secret)
    (inbox / "folder.xlsx").mkdir()
    os.mkfifo(inbox / "pipe.xlsx")
    names = [
        "%2e%2e%2fetc%2fpasswd.xlsx",
        "a\nb\t\x1b[31m.xlsx",
        "é\u0301\u202ecod.xlsx",
        "x" * 240 + ".xlsx",
        "-rf .xlsx",
    ]
    for number, name in enumerate(names):
        workbook(tmp_path / "made.xlsx", [line(number)]).rename(inbox / name)
    (tmp_path / "odd.xlsx").write_bytes(workbook(tmp_path / "made.xlsx", [line(9)]).read_bytes())
    (tmp_path / "odd.xlsx").rename(inbox / os.fsdecode(b"latin-\xe9.xlsx"))
    result = drop()
    assert result.outcome == "loaded", result.failures
    assert [n for (n,) in rows(LINES)] == ["0", "1", "2", "3", "4", "9"]
    landed = list(server_home.glob("landing/synergie/**/*.xlsx"))
    assert landed
    assert all(p.name.isascii() and p.name.isprintable() and len(p.name) < 120 for p in landed)
    shown = rows("select distinct payload ->> 'fichier' from raw.synergie__depenses")
    assert not any(sign in name for (name,) in shown for sign in "\n\x1b\u202e")
