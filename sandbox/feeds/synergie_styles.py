"""Four ways in which the same export reaches the drop folder, as people save it from their spreadsheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from sandbox.feeds.synergie_columns import AMOUNTS, COLUMNS, DATES

EPOCH = dt.date(1899, 12, 30)
FRENCH, ITALIAN = 0, 1


@dataclass(frozen=True)
class Style:
    """How one file looks.

    Attributes:
        name: for the truth.
        language: 0 French, 1 Italian.
        preamble: rows before the header.
        sections: a title row before and a subtotal row after each partner.
        header: column number, French and Italian heading → heading as typed.
        amount, day, percent: value → cell value.
    """

    name: str
    language: int
    preamble: int
    sections: bool
    header: Callable[[int, str, str], str]
    amount: Callable[[Decimal, Random], Any]
    day: Callable[[dt.date, Random], Any]
    percent: Callable[[Decimal, Random], Any]


def _grouped(value: Decimal, thousands: str) -> str:
    return f"{value:,.2f}".replace(",", "\0").replace(".", ",").replace("\0", thousands)


def _number(value: Decimal, _rng: Random) -> float:
    return float(value)


def _italian_text(value: Decimal, rng: Random) -> str:
    return _grouped(value, ".") + rng.choice(("", "", "", " "))


def _euro_text(value: Decimal, rng: Random) -> str:
    return _grouped(value, rng.choice((" ", "\u00a0", "\u202f"))) + rng.choice((" €", "\u00a0€", ""))


def _artefact(value: Decimal, rng: Random) -> float:
    # What a chain of float additions leaves behind; it rounds back to the same cents.
    return float(value) + rng.choice((0.0, 0.0, 1e-9, -1e-9, 3e-10))


def _date(value: dt.date, _rng: Random) -> dt.date:
    return value


def _date_text(value: dt.date, rng: Random) -> str:
    return value.strftime(rng.choice(("%d/%m/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d.%m.%y")))


def _serial(value: dt.date, _rng: Random) -> int:
    return (value - EPOCH).days


def _with_time(value: dt.date, rng: Random) -> Any:
    way = rng.randrange(10)
    if way == 0:  # midnight in Rome told in UTC: the evening before
        summer = 3 < value.month < 11
        return f"{value - dt.timedelta(days=1)}T{'22' if summer else '23'}:00:00Z"
    hour = {1: 1, 2: 2}.get(way, 0)
    return dt.datetime.combine(value, dt.time(hour))


def _plain_percent(value: Decimal, _rng: Random) -> float:
    return float(value)


def _percent_text(value: Decimal, rng: Random) -> str:
    return rng.choice((f"{value}", f"{value}%", f"{value},00", f"{value},00 %"))


def _italian_header(column: int, _fr: str, it: str) -> str:
    misspelt = {"Fornitore": "Fornittore", "Imponibile": "Imponibile ", "Data fattura": "Data  fattura "}
    return misspelt.get(it, it if column % 5 else f" {it} ")


STYLES = (
    Style("fr-preamble-sections", FRENCH, 5, True, lambda _c, fr, _it: fr, _number, _date, _plain_percent),
    Style("it-text", ITALIAN, 0, False, _italian_header, _italian_text, _date_text, _percent_text),
    Style("fr-serial-euro", FRENCH, 1, False, lambda _c, fr, _it: fr.upper(), _euro_text, _serial, _plain_percent),
    Style(
        "bilingual-floats", ITALIAN, 2, False, lambda _c, fr, it: f"{fr}/{it}" if fr != it else fr, _artefact,
        _with_time, _plain_percent,
    ),
)  # fmt: skip


def styled(style: Style, name: str, value: Any, rng: Random) -> Any:
    """A cell's value as this style writes it; words are left as they are."""
    if isinstance(value, Decimal):
        if name in AMOUNTS:
            return style.amount(value, rng)
        return style.percent(value, rng) if name == "pct" else float(value)
    if name in DATES and isinstance(value, dt.date):
        return style.day(value, rng)
    return value


def headings(style: Style) -> list[str]:
    """The header row."""
    return [style.header(i, fr, it) for i, (_, fr, it) in enumerate(COLUMNS)]
