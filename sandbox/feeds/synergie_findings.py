"""Irregularities planted in clean projects, each with the rule that must find it.

A finding names the rule that must be raised (``rules``) and those that may be raised besides because the
same fact breaks them too (``also``). Amounts are only touched where no flat rate is computed from them.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from sandbox.feeds import synergie_alike as alike
from sandbox.feeds.synergie_cases import CASES, Finding, is_certified, of_lead, of_second, settle
from sandbox.world.project import CENT, CERTIFIED_CLAIMS, EXTERNAL, STAFF, TRAVEL, Ledger, Line, Partner, Project, cents


@dataclass
class PartnerFinding:
    """An expected finding on a partner, within a claim or a category where these are given."""

    partner: Partner
    rule: str
    note: str
    claim: int | None = None
    category: str | None = None


def _add(project: Project, line: Line) -> Line:
    project.lines.append(line)
    return line


def new_number(project: Project, partner: Partner) -> str:
    """The next expense number of the partner."""
    return f"{sum(1 for x in project.lines if x.partner is partner) + 1:03d}"


def _copies(project: Project, free: list[Line]) -> list[Finding]:
    """Lines declared twice, in the ways that happen."""
    found = []
    first = free.pop()
    again = copy.copy(first)  # the same line again in a later claim
    again.claim = min(again.claim + 1, 5)
    uncertify(again)
    found.append(Finding(_add(project, again), ("R01",), ("R26", "R04", "R05"), "same row in two claims", first))
    same = free.pop()
    other = next(x for x in free if x.partner is same.partner and x.claim == same.claim)
    free.remove(other)
    other.number = same.number
    found.append(Finding(other, ("R01",), (), "expense number used twice", same))
    invoiced = free.pop()
    exact = copy.copy(invoiced)
    exact.number = new_number(project, exact.partner)
    found.append(Finding(_add(project, exact), ("R26",), (), "same invoice twice", invoiced))
    return found


def uncertify(line: Line) -> None:
    """Nothing was controlled yet if the line's claim was not."""
    if line.claim not in CERTIFIED_CLAIMS:
        line.certified = line.rejected = None


def _shared(project: Project, free: list[Line], ledger: Ledger, pct: tuple[int, int]) -> tuple[Line, Line]:
    """One invoice declared by the first two partners, each with its part."""
    left = next(x for x in free if of_lead(x) and x.category == EXTERNAL)
    free.remove(left)
    right = copy.copy(left)
    right.partner, right.cup = project.partners[1], project.partners[1].cup
    right.number = new_number(project, right.partner)
    for line, share in ((left, pct[0]), (right, pct[1])):
        line.pct = Decimal(share)
        base = line.net if line.partner.vat_recoverable else line.gross
        settle(line, cents((base or Decimal(0)) * share / 100))
    _add(project, right)
    return left, right


def _below_threshold(project: Project, ledger: Ledger) -> list[Finding]:
    """Three invoices of one supplier just under the 40 000 euro of a direct award."""
    partner, found = project.partners[1], []
    model = ledger.purchase(partner, 4, EXTERNAL)
    for net in ("39450.00", "39720.50", "38990.00"):
        line = ledger.purchase(partner, 4, EXTERNAL)
        line.supplier, line.supplier_id, line.organisation = model.supplier, model.supplier_id, model.organisation
        line.net = Decimal(net)
        line.vat = (line.net * Decimal("0.22")).quantize(CENT)
        line.gross, line.pct = line.net + line.vat, Decimal(100)
        line.certified = Decimal(0)
        settle(line, line.gross)
        line.number = new_number(project, partner)
        found.append(Finding(_add(project, line), ("R27",), ("R24",), "split below the threshold"))
    return found


def _harmless(project: Project, free: list[Line], ledger: Ledger) -> None:
    """What looks odd and is not: a credit note, a shared invoice, a foreign currency, a cut by control."""
    bought = next(x for x in free if of_second(x) and x.category == EXTERNAL and is_certified(x))
    free.remove(bought)
    note = copy.copy(bought)
    note.document, note.number, note.invoice = "Avoir", new_number(project, bought.partner), f"AV-{bought.invoice}"
    note.net, note.vat, note.pct = Decimal("-50.00"), Decimal("-11.00"), Decimal(100)
    note.gross = Decimal("-61.00")
    settle(note, Decimal("-61.00"))
    _add(project, note)
    _shared(project, free, ledger, (60, 40))
    swiss = next(x for x in free if of_second(x) and x.category == EXTERNAL)
    free.remove(swiss)
    swiss.currency, swiss.rate, swiss.pct, swiss.vat = "CHF", Decimal("1.0842"), Decimal(100), Decimal(0)
    swiss.gross = swiss.net
    settle(swiss, ((swiss.net or Decimal(0)) / Decimal("1.0842")).quantize(CENT, rounding="ROUND_HALF_UP"))
    for _ in range(6):
        line = next(x for x in free if x.partner.index in (0, 1) and is_certified(x))
        free.remove(line)
        line.rejected = cents(line.declared / 10)
        line.certified = line.declared - line.rejected
        line.reason = "Pièce incomplète" if line.partner.country == "FR" else "Documentazione incompleta"


def plant(project: Project, ledger: Ledger, rng: Random) -> tuple[list[Finding], list[PartnerFinding]]:
    """Plant every irregularity once and say where."""
    free = [
        x for x in project.lines
        if x.partner.index in (0, 1) and not x.delegate and x.category in (TRAVEL, EXTERNAL) and x.method == "REAL"
    ]  # fmt: skip
    rng.shuffle(free)
    other = next(x for x in project.lines if x.partner.index == 2)
    found = []
    for case in CASES:
        line = next(x for x in free if case.where(x))
        free.remove(line)
        case.apply(line, other, project, ledger)
        found.append(Finding(line, case.rules, case.also, case.apply.__name__.strip("_")))
    _harmless(project, free, ledger)
    free = [x for x in free if x.claim < 5]
    found += _copies(project, free)
    found += alike.plant(project, free, ledger, new_number, rng)
    left, right = _shared(project, free, ledger, (70, 50))
    found.append(Finding(right, ("R26",), (), "parts of one invoice above 100 %", left))
    found += _below_threshold(project, ledger)
    found += _working_time(project)
    return found, _on_partners(project, ledger)


def _working_time(project: Project) -> list[Finding]:
    """More than full time in a month, and hours that do not give what is declared; one line whose hours do."""
    pay = [x for x in project.lines if x.category == STAFF and x.document and x.partner.index == 2 and x.claim == 5]
    whole, wrong, right = pay[0], pay[1], pay[2]
    second = copy.copy(whole)
    second.number, second.invoice = new_number(project, second.partner), f"{second.invoice}-bis"
    second.pct = Decimal(110) - (whole.pct or Decimal(0))
    second.net, second.vat = (second.net or Decimal(0)) + Decimal("13.40"), (second.vat or Decimal(0))
    second.gross = second.net + second.vat
    settle(second, cents(second.gross * second.pct / 100))
    hours = (wrong.declared / 25).quantize(Decimal(1)) + 8
    wrong.label = f"{wrong.label} – {hours} h x 25,00 €/h"
    right.net, right.vat, right.gross, right.pct = (
        Decimal("1700.00"),
        Decimal("700.00"),
        Decimal("2400.00"),
        Decimal(50),
    )
    settle(right, Decimal("1200.00"))
    right.label = f"{right.label} – 48 h x 25,00 €/h"
    return [
        Finding(_add(project, second), ("R14",), ("R30",), "more than full time in a month", whole),
        Finding(wrong, ("R14",), ("R30",), "hours times rate do not give the declared amount"),
    ]


def _on_partners(project: Project, ledger: Ledger) -> list[PartnerFinding]:
    """Irregularities of flat rates and methods."""
    lead, fourth = project.partners[0], project.partners[3]
    office = next(x for x in project.lines if x.partner is lead and x.category == "office" and x.claim == 2)
    settle(office, office.declared + Decimal("120.00"))
    staff = next(x for x in project.lines if x.partner is fourth and x.category == STAFF and x.claim == 3)
    office_4 = next(x for x in project.lines if x.partner is fourth and x.category == "office" and x.claim == 3)
    settle(staff, staff.declared + Decimal("300.00"))
    settle(office_4, cents(staff.declared * Decimal("0.15")))
    rent = ledger.purchase(project.partners[1], 4, "office")
    rent.label, rent.number = "Affitto ufficio", new_number(project, project.partners[1])
    rent.certified = Decimal(0)
    settle(rent, rent.declared)
    _add(project, rent)
    return [
        PartnerFinding(lead, "R11", "flat office costs above 15 % of staff", 2, "office"),
        PartnerFinding(fourth, "R12", "flat staff costs above 20 % of the other direct costs", 3, "staff"),
        PartnerFinding(project.partners[1], "R15", "real office costs beside the flat rate", 4, "office"),
        PartnerFinding(project.partners[1], "R11", "real office costs beside the flat rate", 4, "office"),
        PartnerFinding(project.partners[2], "R13", "real staff costs above half of the direct costs", None, "staff"),
    ]
