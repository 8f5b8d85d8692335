"""Irregularities planted in clean projects, each with the rule that must find it.

A finding names the rule that must be raised (``rules``) and those that may be raised besides because the
same fact breaks them too (``also``). Amounts are only touched where no flat rate is computed from them.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from sandbox.world.project import (
    CENT, CERTIFIED_CLAIMS, EXTERNAL, STAFF, TRAVEL, Ledger, Line, Partner, Project, cents,
)  # fmt: skip
from sandbox.world.wording import marked, typo


@dataclass
class Finding:
    """An expected finding on one line."""

    line: Line
    rules: tuple[str, ...]
    also: tuple[str, ...]
    note: str
    related: Line | None = None


@dataclass
class PartnerFinding:
    """An expected finding on a partner, within a claim or a category where these are given."""

    partner: Partner
    rule: str
    note: str
    claim: int | None = None
    category: str | None = None


Plant = Callable[[Line, Line, Project, Ledger], None]


def _settle(line: Line, declared: Decimal) -> None:
    line.declared = declared
    if line.certified is not None:
        line.certified, line.rejected = declared, Decimal(0)


def _add(project: Project, line: Line) -> Line:
    project.lines.append(line)
    return line


def _new_number(project: Project, partner: Partner) -> str:
    return f"{sum(1 for x in project.lines if x.partner is partner) + 1:03d}"


def _unknown_category(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.raw["category"] = "Frais divers" if line.partner.country == "FR" else "Spese varie"


def _paid_in_2024(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.payment_date = dt.date(2024, 2, 12)


def _before_start(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.invoice_date, line.payment_date = dt.date(2018, 11, 20), dt.date(2018, 12, 14)


def _paid_before_invoice(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.invoice_date, line.payment_date = line.payment_date, line.invoice_date


def _not_paid(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.payment_date = None


def _sum_wrong(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.vat = (line.vat or Decimal(0)) - Decimal("10.00")


def _vat_declared(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    _settle(line, cents((line.gross or Decimal(0)) * (line.pct or Decimal(100)) / 100))


def _too_much(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    _settle(line, (line.gross or Decimal(0)) + Decimal("25.00"))


def _certified_more(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.certified = line.declared + Decimal("40.00")


def _gap(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.certified, line.rejected = line.declared - Decimal("30.00"), Decimal(0)


def _office_words(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.label = (
        "Abonnement téléphone et internet" if line.partner.country == "FR" else "Bolletta telefonica e internet"
    )


def _bad_activity(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.activity = "6.1"


def _late_activity(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.activity = "3.2"


def _no_cup(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.cup = ""


def _french_cup(line: Line, other: Line, _p: Project, _l: Ledger) -> None:
    line.cup = "B11F19000120007"


def _unknown_delegate(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.delegate = marked("Ente ignoto del Passo", "IT")


def _partner_supplies(line: Line, other: Line, _p: Project, _l: Ledger) -> None:
    line.supplier, line.supplier_id, line.organisation = other.partner.name, "", None


def _wrong_rate(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.currency, line.rate, line.pct = "CHF", Decimal("1.0842"), Decimal(100)
    line.vat, line.gross = Decimal(0), line.net
    _settle(line, (line.gross or Decimal(0)) - Decimal("1.00"))


@dataclass(frozen=True)
class _Case:
    rules: tuple[str, ...]
    apply: Plant
    where: Callable[[Line], bool]
    also: tuple[str, ...] = ()


def _first(line: Line) -> bool:
    return line.partner.index == 0


def _second(line: Line) -> bool:
    return line.partner.index == 1 and not line.delegate


def _certified(line: Line) -> bool:
    return line.claim in CERTIFIED_CLAIMS


_CASES = (
    _Case(("R02",), _unknown_category, _second, ("R24",)),
    _Case(("R03",), _paid_in_2024, _first, ("R04", "R05", "R22")),
    _Case(("R04",), _before_start, _second, ("R22",)),
    _Case(("R05",), _paid_before_invoice, _first),
    _Case(("R06",), _not_paid, _second),
    _Case(("R07",), _sum_wrong, _second),
    _Case(("R08",), _vat_declared, _first),
    _Case(("R09",), _too_much, _second),
    _Case(("R10",), _certified_more, lambda x: _first(x) and _certified(x), ("R17",)),
    _Case(("R10",), _gap, lambda x: _second(x) and _certified(x)),
    _Case(("R16",), _office_words, lambda x: _first(x) and x.category == EXTERNAL),
    _Case(("R19",), _no_cup, _second),
    _Case(("R19",), _french_cup, _first),
    _Case(("R20",), _unknown_delegate, _second),
    _Case(("R21",), _bad_activity, _first, ("R22",)),
    _Case(("R22",), _late_activity, lambda x: _second(x) and x.claim >= 3),  # noqa: PLR2004 - after month 8
    _Case(("R25",), _partner_supplies, _first),
    _Case(("R28",), _wrong_rate, lambda x: _first(x) and x.category == EXTERNAL, ("R09",)),
)


def _copies(project: Project, free: list[Line], rng: Random) -> list[Finding]:
    """Lines declared twice, in the ways that happen."""
    found = []
    first = free.pop()
    again = copy.copy(first)  # the same line again in a later claim
    again.claim = min(again.claim + 1, 5)
    _uncertify(again)
    found.append(Finding(_add(project, again), ("R01",), ("R26", "R04", "R05"), "same row in two claims", first))
    same = free.pop()
    other = next(x for x in free if x.partner is same.partner and x.claim == same.claim)
    free.remove(other)
    other.number = same.number
    found.append(Finding(other, ("R01",), (), "expense number used twice", same))
    invoiced = free.pop()
    exact = copy.copy(invoiced)
    exact.number = _new_number(project, exact.partner)
    found.append(Finding(_add(project, exact), ("R26",), (), "same invoice twice", invoiced))
    bought = free.pop()
    near = copy.copy(bought)
    near.number, near.invoice = _new_number(project, near.partner), (near.invoice + "B")
    near.supplier, near.supplier_id = typo(near.supplier, rng), ""
    if near.payment_date:
        near.payment_date += dt.timedelta(days=2)
    note = "near duplicate: other spelling and number"
    found.append(Finding(_add(project, near), ("R26",), ("R04", "R05", "R22"), note, bought))
    return found


def _uncertify(line: Line) -> None:
    if line.claim not in CERTIFIED_CLAIMS:
        line.certified = line.rejected = None


def _shared(project: Project, free: list[Line], ledger: Ledger, pct: tuple[int, int]) -> tuple[Line, Line]:
    """One invoice declared by the first two partners, each with its part."""
    left = next(x for x in free if _first(x) and x.category == EXTERNAL)
    free.remove(left)
    right = copy.copy(left)
    right.partner, right.cup = project.partners[1], project.partners[1].cup
    right.number = _new_number(project, right.partner)
    for line, share in ((left, pct[0]), (right, pct[1])):
        line.pct = Decimal(share)
        base = line.net if line.partner.vat_recoverable else line.gross
        _settle(line, cents((base or Decimal(0)) * share / 100))
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
        _settle(line, line.gross)
        line.number = _new_number(project, partner)
        found.append(Finding(_add(project, line), ("R27",), ("R24",), "split below the threshold"))
    return found


def _harmless(project: Project, free: list[Line], ledger: Ledger) -> None:
    """What looks odd and is not: a credit note, a shared invoice, a foreign currency, a cut by control."""
    bought = next(x for x in free if _second(x) and x.category == EXTERNAL and _certified(x))
    free.remove(bought)
    note = copy.copy(bought)
    note.document, note.number, note.invoice = "Avoir", _new_number(project, bought.partner), f"AV-{bought.invoice}"
    note.net, note.vat, note.pct = Decimal("-50.00"), Decimal("-11.00"), Decimal(100)
    note.gross = Decimal("-61.00")
    _settle(note, Decimal("-61.00"))
    _add(project, note)
    _shared(project, free, ledger, (60, 40))
    swiss = next(x for x in free if _second(x) and x.category == EXTERNAL)
    free.remove(swiss)
    swiss.currency, swiss.rate, swiss.pct, swiss.vat = "CHF", Decimal("1.0842"), Decimal(100), Decimal(0)
    swiss.gross = swiss.net
    _settle(swiss, ((swiss.net or Decimal(0)) / Decimal("1.0842")).quantize(CENT, rounding="ROUND_HALF_UP"))
    for _ in range(6):
        line = next(x for x in free if x.partner.index in (0, 1) and _certified(x))
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
    other = next(x for x in project.lines if x.partner.index == 2)  # noqa: PLR2004 - the third partner
    found = []
    for case in _CASES:
        line = next(x for x in free if case.where(x))
        free.remove(line)
        case.apply(line, other, project, ledger)
        found.append(Finding(line, case.rules, case.also, case.apply.__name__.strip("_")))
    _harmless(project, free, ledger)
    free = [x for x in free if x.claim < 5]  # noqa: PLR2004 - a later claim must exist
    found += _copies(project, free, rng)
    left, right = _shared(project, free, ledger, (70, 50))
    found.append(Finding(right, ("R26",), (), "parts of one invoice above 100 %", left))
    found += _below_threshold(project, ledger)
    return found, _on_partners(project, ledger)


def _on_partners(project: Project, ledger: Ledger) -> list[PartnerFinding]:
    """Irregularities of flat rates and methods."""
    lead, fourth = project.partners[0], project.partners[3]
    office = next(x for x in project.lines if x.partner is lead and x.category == "office" and x.claim == 2)  # noqa: PLR2004
    _settle(office, office.declared + Decimal("120.00"))
    staff = next(x for x in project.lines if x.partner is fourth and x.category == STAFF and x.claim == 3)  # noqa: PLR2004
    office_4 = next(x for x in project.lines if x.partner is fourth and x.category == "office" and x.claim == 3)  # noqa: PLR2004
    _settle(staff, staff.declared + Decimal("300.00"))
    _settle(office_4, cents(staff.declared * Decimal("0.15")))
    rent = ledger.purchase(project.partners[1], 4, "office")
    rent.label, rent.number = "Affitto ufficio", _new_number(project, project.partners[1])
    rent.certified = Decimal(0)
    _settle(rent, rent.declared)
    _add(project, rent)
    return [
        PartnerFinding(lead, "R11", "flat office costs above 15 % of staff", 2, "office"),
        PartnerFinding(fourth, "R12", "flat staff costs above 20 % of the other direct costs", 3, "staff"),
        PartnerFinding(project.partners[1], "R15", "real office costs beside the flat rate", 4, "office"),
        PartnerFinding(project.partners[1], "R11", "real office costs beside the flat rate", 4, "office"),
        PartnerFinding(project.partners[2], "R13", "real staff costs above half of the direct costs", None, "staff"),
    ]
