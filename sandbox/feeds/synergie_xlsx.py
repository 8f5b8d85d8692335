"""Expense exports as XLSX files, byte for byte the same at every making."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from sandbox.feeds.synergie_columns import COLUMNS, cells, total
from sandbox.feeds.synergie_styles import STYLES, Style, headings, styled
from sandbox.truth import Row
from sandbox.world.project import CERTIFIED_CLAIMS, CLAIMS, FEDER_RATE, Line, Project, cents

CREATED = dt.datetime(2021, 9, 1, 8, 0, 0)  # noqa: DTZ001 - a fixed document property, spreadsheets know no zone
NAMES = [name for name, _, _ in COLUMNS]
_FILES = (
    ("Synergie_{}_demande-1.xlsx", (1,)), ("Synergie_{}_domanda-2.xlsx", (2,)),
    ("Export_depenses_{}_D3-D4.xlsx", (3, 4)), ("export spese {} n.5.xlsx", (5,)),
)  # fmt: skip
_WRONG_SUBTOTAL, _TOO_MUCH = 4, Decimal("10.00")
"""Partner whose printed subtotal is too high, and by how much."""
_SHEETS = ("Dépenses", "Elenco spese", "Demande {}", "Spese")


@dataclass
class Placed:
    """Where a line stands in a file; ``row`` counts from 1 as spreadsheets show it."""

    line: Line
    file: str
    sheet: str
    row: int


@dataclass
class Broken:
    """A cell that cannot be read: ``kind`` says why."""

    line: Line
    column: str
    kind: str


@dataclass
class WrongTotal:
    """A printed total that is not the sum of its lines; ``row`` as in ``Placed``."""

    file: str
    sheet: str
    row: int
    note: str


@dataclass
class Written:
    """What the files hold, and where."""

    lines: list[Placed]
    wrong_totals: list[WrongTotal]


def workbook(path: Path) -> xlsxwriter.Workbook:
    """A new workbook with fixed properties, so that equal content gives equal bytes."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    book.set_properties({"title": "Export", "author": "Synergie (fictif)", "created": CREATED})
    return book


def write_files(
    folder: Path, project: Project, broken: list[Broken], recap_faults: dict[tuple[int, int], str], rng: Random
) -> Written:
    """Write the project's files into ``folder`` and say where each line stands."""
    written = Written([], [])
    for (pattern, claims), style, sheet_name in zip(_FILES, STYLES, _SHEETS, strict=True):
        name = pattern.format(project.code)
        book = workbook(folder / name)
        for claim in claims:
            lines = [line for line in project.lines if line.claim == claim]
            lines.sort(key=lambda x: (x.partner.index, x.number))
            sheet = book.add_worksheet(sheet_name.format(claim))
            _sheet(sheet, name, style, project, claim, lines, broken, rng, written)
        _recap(
            book.add_worksheet("Récapitulatif" if style.language == 0 else "Riepilogo"),
            style,
            project,
            claims,
            recap_faults,
        )
        hidden = book.add_worksheet("Listes")
        hidden.write_column(0, 0, ["O", "N", "OUI", "Sì"])
        hidden.hide()
        book.close()
    return written


def _preamble(sheet: Worksheet, style: Style, project: Project, claim: int) -> int:
    first, last = CLAIMS[claim - 1]
    texts = (
        f"{project.code} – {project.acronym} – Demande {claim}",
        f"Période du {first:%d/%m/%Y} au {last:%d/%m/%Y}",
        f"Date de dépôt : {last + dt.timedelta(days=30):%d/%m/%Y}",
        "Extraction Synergie (données fictives)",
    )
    for row in range(style.preamble):
        if row < len(texts):
            sheet.write_string(row, 0, texts[row])
    return style.preamble


def _sheet(
    sheet: Worksheet, file: str, style: Style, project: Project, claim: int, lines: list[Line],
    broken: list[Broken], rng: Random, written: Written,
) -> None:  # fmt: skip
    row = _preamble(sheet, style, project, claim)
    sheet.write_row(row, 0, headings(style))
    partner = ""
    block: list[Line] = []
    for line in [*lines, None]:
        name = line.partner.name if line else ""
        if style.sections and name != partner:
            if block:
                wrong = block[0].partner.index == _WRONG_SUBTOTAL
                row = _total_row(
                    sheet, style, row + 1, f"Sous-total {partner}", block, rng, _TOO_MUCH if wrong else Decimal(0)
                )
                if wrong:
                    written.wrong_totals.append(WrongTotal(file, sheet.get_name(), row + 1, "subtotal too high"))
            if line:
                row += 1
                sheet.write_string(row, 0, f"Partenaire : {name}")
            block = []
        if line is None:
            break
        partner = name
        block.append(line)
        row += 1
        _write_line(sheet, style, row, project, line, broken, rng)
        written.lines.append(Placed(line, file, sheet.get_name(), row + 1))
    _total_row(sheet, style, row + 1, "Total général" if style.language == 0 else "Totale complessivo", lines, rng)


def _total_row(
    sheet: Worksheet, style: Style, row: int, label: str, lines: list[Line], rng: Random, too_much: Decimal = Decimal(0)
) -> int:
    sheet.write_string(row, 0, label)
    for name in ("declared", "certified"):
        printed = total(lines, name) + (too_much if name == "declared" else 0)
        sheet.write(row, NAMES.index(name), styled(style, name, printed, rng))
    return row


def _write_line(
    sheet: Worksheet, style: Style, row: int, project: Project, line: Line, broken: list[Broken], rng: Random
) -> None:
    faults = {b.column: b.kind for b in broken if b.line is line}
    for column, (name, value) in enumerate(cells(project, line, style.language).items()):
        content = styled(style, name, value, rng)
        if name in faults:
            _write_fault(sheet, row, column, faults[name])
        elif content is None or content == "":
            continue
        elif isinstance(content, dt.date):
            sheet.write_datetime(row, column, content)
        elif isinstance(content, str):
            sheet.write_string(row, column, content)
        elif name == "declared" and style.name == "fr-preamble-sections":
            # This export computes the declared amount; the cached value is what readers get.
            sheet.write_formula(row, column, f"=ROUND({content!r},2)", None, content)
        else:
            sheet.write_number(row, column, content)


_FAULTS = {"amount_is_text": "da definire", "date_impossible": "31/06/2019"}


def _write_fault(sheet: Worksheet, row: int, column: int, kind: str) -> None:
    if kind == "formula_without_value":
        sheet.write_formula(row, column, f"=Y{row + 1}*Z{row + 1}", None, "")
    elif kind == "error_cell":
        sheet.write_formula(row, column, "=#REF!", None, "#REF!")
    elif kind == "key_missing":
        return
    else:
        sheet.write_string(row, column, _FAULTS[kind])


RECAP = (
    ("N° demande", "N. domanda"), ("Partenaire", "Partner"), ("Total déclaré", "Totale rendicontato"),
    ("Total certifié", "Totale certificato"), ("FEDER", "FESR"), ("CPN", "CPN"),
    ("Autofinancement", "Autofinanziamento"),
)  # fmt: skip


def recap_row(project: Project, claim: int, index: int, fault: str) -> Row:
    """One partner's totals of a claim; ``fault`` is the rule that the row shall break, or empty."""
    partner = project.partners[index]
    lines = [x for x in project.lines if x.claim == claim and x.partner is partner]
    declared, certified = total(lines, "declared"), total(lines, "certified")
    if fault == "R23":
        declared += Decimal("100.00")
    if claim not in CERTIFIED_CLAIMS:
        return {"declared": declared, "certified": None, "feder": None, "cpn": None, "own": None}
    feder = cents(certified * (Decimal("0.86") if fault == "R17" else FEDER_RATE))
    rest = certified - feder
    cpn, own = (rest, Decimal(0)) if partner.country == "IT" else (Decimal(0), rest)
    if fault == "R18":
        cpn += Decimal("500.00")
    return {"declared": declared, "certified": certified, "feder": feder, "cpn": cpn, "own": own}


def _recap(
    sheet: Worksheet, style: Style, project: Project, claims: tuple[int, ...], faults: dict[tuple[int, int], str]
) -> None:
    sheet.write_row(0, 0, [pair[style.language] for pair in RECAP])
    row = 0
    for claim in claims:
        for partner in project.partners:
            row += 1
            values = recap_row(project, claim, partner.index, faults.get((claim, partner.index), ""))
            shown: list[Any] = [claim, partner.name, *values.values()]
            for column, value in enumerate(shown):
                if value is not None:
                    sheet.write(row, column, float(value) if isinstance(value, Decimal) else value)
