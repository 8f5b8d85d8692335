"""Lines that look like others: entered twice by another hand, and honest ones that only resemble each other."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from random import Random

from sandbox.feeds.synergie_cases import Finding, is_certified, settle
from sandbox.world.project import CENT, EXTERNAL, Ledger, Line, Partner, Project
from sandbox.world.wording import typo

_MORE_THAN_HALF = 50
NewNumber = Callable[[Project, Partner], str]


def _other_spelling(line: Line, rng: Random) -> None:
    line.invoice, line.supplier, line.supplier_id = f"{line.invoice}B", typo(line.supplier, rng), ""
    if line.payment_date:
        line.payment_date += dt.timedelta(days=2)


def _a_cent_and_three_days(line: Line, _rng: Random) -> None:
    line.invoice = f"{line.invoice}-2"
    line.gross = (line.gross or Decimal(0)) + CENT
    if line.invoice_date:
        line.invoice_date += dt.timedelta(days=3)


def _number_written_otherwise(line: Line, rng: Random) -> None:
    line.invoice, line.supplier, line.supplier_id = re.sub(r"[-/]", " ", line.invoice), typo(line.supplier, rng), ""


def _capitals_and_a_day(line: Line, _rng: Random) -> None:
    line.invoice, line.supplier, line.supplier_id = f"{line.invoice}/bis", line.supplier.upper(), ""
    if line.invoice_date:
        line.invoice_date -= dt.timedelta(days=1)


_WAYS = (_other_spelling, _a_cent_and_three_days, _number_written_otherwise, _capitals_and_a_day)


def plant(project: Project, free: list[Line], ledger: Ledger, number: NewNumber, rng: Random) -> list[Finding]:
    """A second entry of one document in each way, and what resembles it without being one."""
    found = []
    for way in _WAYS:
        bought = next(x for x in free if (x.pct or 0) > _MORE_THAN_HALF)
        free.remove(bought)
        near = copy.copy(bought)
        near.number = number(project, near.partner)
        way(near, rng)
        project.lines.append(near)
        note = f"second entry: {way.__name__.strip('_').replace('_', ' ')}"
        found.append(Finding(near, ("R26",), ("R04", "R05", "R22"), note, bought, alike=True))
    _honest(project, ledger, number)
    return found


def _honest(project: Project, ledger: Ledger, number: NewNumber) -> None:
    """A monthly rent of the same amount, and two firms that ask the same price on the same day."""
    partner = project.partners[1]
    rent = ledger.purchase(partner, 3, EXTERNAL)
    other = next(o for o in ledger.suppliers if o is not rent.organisation)
    for month in range(3):
        line = copy.copy(rent)
        line.invoice_date = dt.date(2020, 1 + month, 15)
        line.payment_date = line.invoice_date + dt.timedelta(days=8)
        line.invoice, line.activity = f"{rent.invoice}-{month + 1}", "1.1"
        _enter(project, line, number)
    same = copy.copy(rent)
    same.invoice_date, same.payment_date, same.activity = dt.date(2020, 1, 15), dt.date(2020, 1, 23), "1.1"
    same.supplier, same.organisation, same.invoice = other.core, other, ledger.invoice_number()
    same.supplier_id = other.cf if other.country == "IT" else other.main.siret
    _enter(project, same, number)


def _enter(project: Project, line: Line, number: NewNumber) -> None:
    line.number = number(project, line.partner)
    if is_certified(line):
        line.rejected = Decimal(0)
        line.certified = line.declared
    settle(line, line.declared)
    project.lines.append(line)


def plant_across(earlier: Project, later: Project, number: NewNumber, taken: list[Line]) -> list[Finding]:
    """A document of one project declared in another as well, by the same partner's project office.

    Args:
        taken: lines that hold an irregularity already.
    """
    found = []
    for index in (0, 1):
        first = next(
            x for x in earlier.lines
            if x.partner.index == index and x.category == EXTERNAL and x.document == "Facture" and not x.delegate
            and (x.pct or 0) > _MORE_THAN_HALF and x.currency == "EUR" and not any(x is y for y in taken)
        )  # fmt: skip
        taken.append(first)
        again = copy.copy(first)
        again.raw = {}
        again.partner = later.partners[index]
        again.cup, again.number = again.partner.cup, number(later, again.partner)
        later.lines.append(again)
        found.append(Finding(again, ("R26",), (), "one document in two projects", first))
    return found
