"""Financing plans: partner lines, the project's total, partners outside the ERDF; and their sums.

ERDF shares are truncated to the cent partner by partner, and the sum of the parts wins over the rate of the
sum: a printed plan of the programme (three partners, 85 %) differs by one cent between the two.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

from connectors.core.formats import Cell, Row
from connectors.synergie.labels import nature_of
from connectors.synergie.lines import Line
from connectors.synergie.tables import Table
from connectors.synergie.totals import TOLERANCE, Check

_RATE = re.compile(r"(.*?(?:FEDER|FESR|ERDF).*?)\s*\(?\s*(\d{1,3}(?:[.,]\d{1,4})?)\s*%\s*\)?", re.IGNORECASE)
_CENT = Decimal("0.01")
_SUMMED = ("montant_total", "feder", "cpn", "autofinancement")


def without_rate(table: Table) -> tuple[Table, Decimal | None]:
    """The table with the heading ``FEDER 85%`` as ``FEDER``, and the rate in percent."""
    rates: list[Decimal] = []

    def strip(cell: Cell) -> Cell:
        match = _RATE.fullmatch(cell.value.strip()) if isinstance(cell.value, str) else None
        if not match:
            return cell
        rates.append(Decimal(match[2].replace(",", ".")))
        return Cell(match[1].strip())

    rows = [Row(row.number, [strip(cell) for cell in row.cells], row.hidden) for row in table.rows]
    return replace(table, rows=rows), rates[0] if len(set(rates)) == 1 else None


def type_line(line: Line, rate: Decimal | None, project: str | None) -> None:
    """Complete a line of a plan: project, and what kind of line it is.

    Args:
        line: the line; changed in place.
        rate: ERDF rate of the table in percent.
        project: the deployment's name of the project, for a plan that does not say.
    """
    values = line.values
    code: str | None = values.pop("code_projet", None)
    name = str(values.get("partenaire") or "").strip()
    if not name and code and nature_of(code):  # the label of the total may stand in any column
        name, code = code, None
    values["projet"] = code or project
    outside = name.startswith("+") or (values.get("devise") != "EUR" and values.get("feder") is None)
    if nature_of(name):
        values["type_ligne"] = "total"
    else:
        values["type_ligne"] = "hors_feder" if outside else "partenaire"
    values["partenaire"] = name.lstrip("+ ").strip() or None
    values["taux_feder"] = None if values["type_ligne"] == "hors_feder" else rate


def plan_checks(lines: Iterable[Line], rate: Decimal | None) -> Iterator[Check]:
    """Shares of the partners against the rate, and printed totals against the partners, by project."""
    projects: dict[Any, list[Line]] = defaultdict(list)
    for line in lines:
        projects[line.values.get("projet")].append(line)
    for group in projects.values():
        partners = [line for line in group if line.values["type_ligne"] == "partenaire"]
        if rate is not None:
            yield from _share_checks(partners, rate)
        for line in group:
            if line.values["type_ligne"] == "total":
                yield from _total_checks(line, partners, rate)


def _share_checks(partners: list[Line], rate: Decimal) -> Iterator[Check]:
    for line in partners:
        total, feder = line.amount("montant_total"), line.amount("feder")
        if total is not None and feder is not None:
            name = line.values.get("partenaire")
            yield Check("taux_feder", "feder", line.row, share(total, rate), feder, name, Decimal(0))


def _total_checks(line: Line, partners: list[Line], rate: Decimal | None) -> Iterator[Check]:
    name = line.values.get("partenaire")
    above = [partner for partner in partners if partner.row < line.row]
    for field in _SUMMED:
        printed = line.amount(field)
        if printed is not None:
            # A total stands for the lines above it, unless it heads the table.
            sums = [_sum(group, field) for group in (above, partners)]
            fitting = [found for found in sums if abs(found - printed) <= TOLERANCE]
            yield Check("somme_budget", field, line.row, [*fitting, *sums][0], printed, name)
    total, feder = line.amount("montant_total"), line.amount("feder")
    if rate is not None and total is not None and feder is not None:
        tolerance = _CENT * max(len(partners), 1)
        yield Check("taux_du_total", "feder", line.row, share(total, rate), feder, name, tolerance)


def _sum(lines: list[Line], field: str) -> Decimal:
    return sum((line.amount(field) or Decimal(0) for line in lines), Decimal(0))


def category_checks(postes: Iterable[Line], partners: Iterable[Line]) -> Iterator[Check]:
    """The cost categories of a partner against its line in the plan of the same file."""
    sums: dict[tuple[Any, Any], Decimal] = defaultdict(Decimal)
    for line in postes:
        sums[line.values.get("projet"), line.values.get("partenaire")] += line.amount("montant_total") or 0
    for line in partners:
        key = line.values.get("projet"), line.values.get("partenaire")
        total = line.amount("montant_total")
        if key in sums and total is not None and line.values["type_ligne"] == "partenaire":
            yield Check("somme_postes", "montant_total", line.row, sums[key], total, key[1], TOLERANCE)


def share(total: Decimal, rate: Decimal) -> Decimal:
    """``rate`` percent of ``total``, truncated to the cent."""
    return (total * rate / 100).quantize(_CENT, rounding=ROUND_DOWN)
