"""Irregularities of single expense lines, each with the rule that must find it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from sandbox.world.project import (
    CERTIFIED_CLAIMS,
    EXTERNAL,
    Ledger,
    Line,
    Project,
    cents,
)  # fmt: skip
from sandbox.world.wording import marked


@dataclass
class Finding:
    """An expected finding on one line; ``alike`` when the two lines only resemble each other."""

    line: Line
    rules: tuple[str, ...]
    also: tuple[str, ...]
    note: str
    related: Line | None = None
    alike: bool = False


Plant = Callable[[Line, Line, Project, Ledger], None]


def settle(line: Line, declared: Decimal) -> None:
    """Declare another amount; control accepts it as it stands."""
    line.declared = declared
    if line.certified is not None:
        line.certified, line.rejected = declared, Decimal(0)


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
    settle(line, cents((line.gross or Decimal(0)) * (line.pct or Decimal(100)) / 100))


def _too_much(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    settle(line, (line.gross or Decimal(0)) + Decimal("25.00"))


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


def _two_readings(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    # The other amounts of the line tell that it is two thousand.
    line.net, line.vat, line.gross = Decimal("1922.13"), Decimal("422.87"), Decimal("2345.00")
    line.raw["gross"] = "2.345"
    settle(line, cents(line.gross * (line.pct or Decimal(100)) / 100))


def _two_readings_alone(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    # Without a share nothing on the line tells whether it is a thousand.
    line.net, line.vat, line.gross, line.pct = Decimal("1024.59"), Decimal("225.41"), Decimal("1250.00"), None
    line.raw["declared"] = "1.250"
    settle(line, line.gross)


def _wrong_rate(line: Line, _other: Line, _p: Project, _l: Ledger) -> None:
    line.currency, line.rate, line.pct = "CHF", Decimal("1.0842"), Decimal(100)
    line.vat, line.gross = Decimal(0), line.net
    settle(line, (line.gross or Decimal(0)) - Decimal("1.00"))


@dataclass(frozen=True)
class Case:
    """A way to break a rule on a line that ``where`` accepts."""

    rules: tuple[str, ...]
    apply: Plant
    where: Callable[[Line], bool]
    also: tuple[str, ...] = ()


def of_lead(line: Line) -> bool:
    """A line of the lead partner, who is French and recovers VAT."""
    return line.partner.index == 0


def of_second(line: Line) -> bool:
    """A line of the second partner itself, who is Italian."""
    return line.partner.index == 1 and not line.delegate


def is_certified(line: Line) -> bool:
    """The line's claim has been controlled."""
    return line.claim in CERTIFIED_CLAIMS


def is_in_italian_text(line: Line) -> bool:
    """The line's file writes amounts as Italian texts."""
    return of_second(line) and line.claim == 2


CASES = (
    Case(("R02",), _unknown_category, of_second, ("R24",)),
    Case(("R03",), _paid_in_2024, of_lead, ("R04", "R05", "R22")),
    Case(("R04",), _before_start, of_second, ("R22",)),
    Case(("R05",), _paid_before_invoice, of_lead),
    Case(("R06",), _not_paid, of_second),
    Case(("R07",), _sum_wrong, of_second),
    Case(("R08",), _vat_declared, of_lead),
    Case(("R09",), _too_much, of_second),
    Case(("R10",), _certified_more, lambda x: of_lead(x) and is_certified(x), ("R17",)),
    Case(("R10",), _gap, lambda x: of_second(x) and is_certified(x)),
    Case(("R16",), _office_words, lambda x: of_lead(x) and x.category == EXTERNAL),
    Case(("R19",), _no_cup, of_second),
    Case(("R19",), _french_cup, of_lead),
    Case(("R20",), _unknown_delegate, of_second),
    Case(("R21",), _bad_activity, of_lead, ("R22",)),
    Case(("R22",), _late_activity, lambda x: of_second(x) and x.claim >= 3),
    Case(("R25",), _partner_supplies, of_lead),
    Case(("R31",), _two_readings, is_in_italian_text),
    Case(("R31",), _two_readings_alone, is_in_italian_text),
    Case(("R28",), _wrong_rate, lambda x: of_lead(x) and x.category == EXTERNAL, ("R09",)),
)
