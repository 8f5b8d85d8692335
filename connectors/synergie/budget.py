"""Financing plans: partner lines, the project's total, partners outside the ERDF; and their sums.

ERDF shares are truncated to the cent partner by partner, and the sum of the parts wins over the rate of the
sum: so it stands in a printed plan of the programme (three partners, 85 %, one cent between the two).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

from connectors.core.errors import Fatal
from connectors.core.formats import Cell, Row
from connectors.synergie.headings import Profile, normalise, profile
from connectors.synergie.lists import Line, ListReader, nature_of
from connectors.synergie.tables import Table, find_heading
from connectors.synergie.totals import Check
from schemas.sources.synergie import Budget

_RATE = re.compile(r"(.*?(?:FEDER|FESR|ERDF).*?)\s*\(?\s*(\d{1,3}(?:[.,]\d{1,4})?)\s*%\s*\)?", re.IGNORECASE)
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Plan:
    """A read financing plan."""

    lines: list[Line]
    checks: list[Check]
    language: str


def read_plan(table: Table, headings: Mapping[str, str]) -> Plan:
    """Read one table as a financing plan.

    Args:
        table: the table.
        headings: heading → field, for a plan whose headings aliases.yml does not know.

    Raises:
        Fatal: ``no_heading``, no row names partner and total.
    """
    table, rate = _without_rate(table)
    kind = _profile(headings)
    search = find_heading(table, kind)
    if search.columns is None:
        raise Fatal(
            "no row holds headings for the partner, the total budget and the country or the ERDF; name them "
            "under 'columns' of this plan",
            where=table.name or "",
            rule="no_heading",
        )
    reader = PlanReader(table, search.columns, frozenset(Budget.model_fields))
    lines = [_typed(line, rate) for line in reader.lines()]
    return Plan(lines, list(_checks(lines, rate)), search.columns.language)


class PlanReader(ListReader):
    """A financing plan is short and its total is a line of its own, so no row is taken for a sum."""

    def _total_label(self, cells: Mapping[int, Cell]) -> str | None:
        return None


def _profile(headings: Mapping[str, str]) -> Profile:
    kind = profile("budgets")
    own = {normalise(text): (name, None) for text, name in headings.items()}
    return replace(kind, aliases={**kind.aliases, **own})


def _without_rate(table: Table) -> tuple[Table, Decimal | None]:
    """The table with ``FEDER 85%`` as ``FEDER``, and the rate."""
    rates: list[Decimal] = []

    def strip(cell: Cell) -> Cell:
        match = _RATE.fullmatch(cell.value.strip()) if isinstance(cell.value, str) else None
        if not match:
            return cell
        rates.append(Decimal(match[2].replace(",", ".")))
        return Cell(match[1].strip())

    rows = [Row(row.number, [strip(cell) for cell in row.cells], row.hidden) for row in table.rows]
    return replace(table, rows=rows), rates[0] if len(set(rates)) == 1 else None


def _typed(line: Line, rate: Decimal | None) -> Line:
    """Say what kind of line it is."""
    values = line.values
    name = str(values.get("partenaire") or "").strip()
    outside = name.startswith("+") or (values.get("devise") != "EUR" and values.get("feder") is None)
    if nature_of(name):
        values["type_ligne"] = "total"
    else:
        values["type_ligne"] = "hors_feder" if outside else "partenaire"
    values["partenaire"] = name.lstrip("+ ").strip() or None
    values["taux_feder"] = None if values["type_ligne"] == "hors_feder" else rate
    for unused in ("section", "ligne_masquee"):
        values.pop(unused, None)
    return line


def _checks(lines: list[Line], rate: Decimal | None) -> Iterator[Check]:
    partners = [line for line in lines if line.values["type_ligne"] == "partenaire"]
    for line in partners:
        total, feder = line.values.get("montant_total"), line.values.get("feder")
        if rate is not None and isinstance(total, Decimal) and isinstance(feder, Decimal):
            yield Check("taux_feder", "feder", line.row, share(total, rate), feder, _name(line), Decimal(0))
    for line in lines:
        if line.values["type_ligne"] != "total":
            continue
        for name in ("montant_total", "feder", "cpn", "autofinancement"):
            printed = line.values.get(name)
            if isinstance(printed, Decimal):
                parts = [p.values[name] for p in partners if isinstance(p.values.get(name), Decimal)]
                yield Check("somme_budget", name, line.row, sum(parts, Decimal(0)), printed, _name(line))
        total, feder = line.values.get("montant_total"), line.values.get("feder")
        if rate is not None and isinstance(total, Decimal) and isinstance(feder, Decimal):
            tolerance = _CENT * max(len(partners), 1)
            yield Check("taux_du_total", "feder", line.row, share(total, rate), feder, _name(line), tolerance)


def share(total: Decimal, rate: Decimal) -> Decimal:
    """``rate`` percent of ``total``, truncated to the cent."""
    return (total * rate / 100).quantize(_CENT, rounding=ROUND_DOWN)


def _name(line: Line) -> Any:
    return line.values.get("partenaire")
