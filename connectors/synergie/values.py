"""Cells of hand-made files → amounts, days and flags, with every doubt written down.

An amount that can be read in two ways keeps both readings. Where a cell cannot be read, its text goes on
unchanged and the contract rejects the record, so nothing turns into zero or nothing without a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.sources.base import clean_text

EXCEL_DIGITS = 15
_MAX_DECIMALS = 6
_CENT = Decimal("0.01")
_CENTS = 2
_THOUSAND = 3
_RARE = 3  # a writing that is at least this many times rarer than its opposite is an exception
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009\u2007']+|(?<=\d)’(?=\d)")
_NO_CENTS = re.compile(r"(?<=\d)([.,])\s?[-–—\u2212]{1,2}$")
"""``1200.-`` and ``1'200.–``, as the Swiss write an amount without cents: the dash is no minus."""
_DASHES = frozenset("-–—\u2212")
_CURRENCIES = (
    ("EUR", re.compile(r"€|\beuros?\b|\beur\b", re.IGNORECASE)),
    (
        "CHF",
        re.compile(
            r"\bch\s*fr\b\.?|\bfran(?:cs?\s+suisses?|chi\s+svizzeri|co\s+svizzero)\b|\bswiss\s+francs?\b|\bs?chf\b|\bsfr\b\.?|\bfr\.",
            re.IGNORECASE,
        ),
    ),
    ("GBP", re.compile(r"£|\bgbp\b", re.IGNORECASE)),
    ("USD", re.compile(r"\$|\busd\b", re.IGNORECASE)),
)
NOTHING = frozenset(
    ("-", "--", "–", "—", "/", "//", "n.d.", "nd", "n.d", "n/a", "na", "nc", "n.c.", "néant", "neant", "nil",
     "ns", "sans objet", "non applicable", "non applicabile", "nessuno", "nessuna", "#n/a")
)  # fmt: skip
_TRUE = frozenset(("o", "oui", "si", "sì", "s", "y", "yes", "x", "vrai", "vero", "true", "1"))
_FALSE = frozenset(("n", "non", "no", "faux", "falso", "false", "0"))


@dataclass(frozen=True)
class Reading:
    """What a cell was read as.

    Attributes:
        value: the reading; the cell's own text where it cannot be read.
        notes: names of the rules that were applied, for ``avertissements``.
        alternative: the other reading of an ambiguous amount.
        currency: ISO code of a currency sign found beside the amount.
    """

    value: Any
    notes: tuple[str, ...] = ()
    alternative: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Style:
    """How the unambiguous amounts of a column are written."""

    decimal_comma: bool = False
    decimal_dot: bool = False
    dot_thousands: bool = False
    comma_thousands: bool = False


_STYLES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"\d{1,3}(\.\d{3})+,\d*"), ("decimal_comma", "dot_thousands")),
    (re.compile(r"\d{1,3}(,\d{3})+\.\d*"), ("decimal_dot", "comma_thousands")),
    (re.compile(r"\d{1,3}(\.\d{3}){2,}"), ("dot_thousands",)),
    (re.compile(r"\d{1,3}(,\d{3}){2,}"), ("comma_thousands",)),
    (re.compile(r"\d*,(\d{1,2}|\d{4,})"), ("decimal_comma",)),
    (re.compile(r"\d*\.(\d{1,2}|\d{4,})"), ("decimal_dot",)),
)


def column_style(values: Iterable[Any]) -> Style:
    """The writing habits found in the texts of one column; numbers say nothing, and rare exceptions neither."""
    seen: Counter[str] = Counter()
    for body in (_bare(value).body for value in values if isinstance(value, str)):
        for pattern, habits in _STYLES:
            if pattern.fullmatch(body):
                seen.update(habits)
                break
    for habit, opposite in (("decimal_comma", "decimal_dot"), ("decimal_dot", "decimal_comma")):
        if seen[habit] * _RARE <= seen[opposite]:
            del seen[habit]
    return Style(**dict.fromkeys(+seen, True))


def read_amount(value: Any, style: Style = Style()) -> Reading:
    """An amount of money.

    Rules, in this order: a typed number is itself (15 significant digits, as Excel keeps them), unless the
    column also holds texts with a dot for thousands, when a fraction may be what a spreadsheet made of
    them (``288.110`` → 288.11); two different signs, or one sign twice, say which is which; one sign before
    exactly three digits is ambiguous, and so is a dot before one or two digits in a column whose other
    texts write thousands with a dot or, nearly all, decimals with a comma.
    """
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return _number(value, style)
    if isinstance(value, str):
        return _text(value, style)
    return Reading(value if value is None else str(value))


def _number(value: float | Decimal, style: Style) -> Reading:
    exact = tidy(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    has_fraction = exact != exact.to_integral_value()
    if has_fraction and style.dot_thousands and (exact * 1000) == (exact * 1000).to_integral_value():
        return Reading(exact, ("montant_ambigu",), tidy(exact * 1000))
    return Reading(exact)


def _text(value: str, style: Style) -> Reading:
    text = clean_text(value)
    if not text or text.lower() in NOTHING:
        return Reading(None, ("sans_valeur",) if text else ())
    bare = _bare(text)
    reading = _digits(bare.body, style, spaced=bare.spaced)
    if reading is None:
        return Reading(value)
    sign = -1 if bare.negative else 1
    alternative = None if reading.alternative is None else tidy(reading.alternative * sign)
    return Reading(tidy(reading.value * sign), reading.notes, alternative, bare.currency)


@dataclass(frozen=True)
class _Bare:
    """Digits and signs of an amount; ``spaced`` when blanks group its thousands."""

    body: str
    negative: bool
    currency: str | None
    spaced: bool = False


def _bare(text: str) -> _Bare:
    """The amount without blanks, sign and currency; empty when blanks do not group by three."""
    body, currency = clean_text(text), None
    for code, pattern in _CURRENCIES:
        if pattern.search(body):
            body, currency = pattern.sub("", body, count=1).strip(), code
            break
    if body[-1:] in _DASHES:
        body = _NO_CENTS.sub(r"\g<1>00", body)
    body = body.replace("\u2212", "-").replace("–", "-")
    negative = False
    if body.startswith("(") and body.endswith(")"):
        body, negative = body[1:-1].strip(), True
    if body.startswith(("-", "+")):
        body, negative = body[1:].strip(), body.startswith("-") != negative
    elif body.endswith("-"):
        body, negative = body[:-1].strip(), True
    groups = _SPACES.sub(" ", body)
    if " " not in groups:
        return _Bare(groups, negative, currency)
    by_three = re.fullmatch(r"\d{1,3}( \d{3})+([.,]\d*)?", groups)
    return _Bare(groups.replace(" ", "") if by_three else "", negative, currency, spaced=True)


def _digits(body: str, style: Style, *, spaced: bool) -> Reading | None:
    """Reading of unsigned digits with ``.`` and ``,``; None when they form no number.

    Args:
        body: digits and signs.
        style: habits of the column.
        spaced: blanks group the thousands, so a single sign is the decimal sign.
    """
    for thousands, decimal in ((".", ","), (",", ".")):
        group = re.escape(thousands) + r"\d{3}"
        if re.fullmatch(rf"\d{{1,3}}(({group})+{re.escape(decimal)}\d*|({group}){{2,}})", body):
            return Reading(Decimal(body.replace(thousands, "").replace(decimal, ".").rstrip(".")))
    match = re.fullmatch(r"(\d{0,16})(?:([.,])(\d{0,20}))?", body)
    if not match or not (match[1] or match[3]):
        return None
    whole, sign, decimals = match[1], match[2] or "", match[3] or ""
    as_decimal = Decimal(f"{whole or '0'}.{decimals or '0'}")
    if not spaced and len(decimals) == _THOUSAND and re.fullmatch(r"[1-9]\d{0,2}", whole):
        as_thousands = Decimal(whole + decimals)
        # Amounts have cents: a dot before three digits groups thousands unless the column's dots are decimal.
        if sign == ".":
            grouped = style.dot_thousands or not style.decimal_dot
        else:
            grouped = style.comma_thousands or (style.decimal_dot and not style.decimal_comma)
        first, second = (as_thousands, as_decimal) if grouped else (as_decimal, as_thousands)
        return Reading(first, ("montant_ambigu",), second)
    dots_group = style.dot_thousands or (style.decimal_comma and not style.decimal_dot)
    eaten = not spaced and sign == "." and dots_group and len(decimals) < _THOUSAND
    if eaten and as_decimal % 1:
        return Reading(as_decimal, ("montant_ambigu",), as_decimal * 1000)
    return Reading(as_decimal)


def currency_of(text: str) -> str | None:
    """ISO code of the currency that a text names, None where it names none of the known ones."""
    return next((code for code, pattern in _CURRENCIES if pattern.search(text)), None)


def tidy(value: Decimal) -> Decimal:
    """One writing for one finite amount: at least cents, at most six decimals, no float residue."""
    if _decimals(value) > _MAX_DECIMALS:
        digits = max(EXCEL_DIGITS - max(value.adjusted() + 1, 0), 2)
        value = round(value, min(digits, _MAX_DECIMALS))
    value = value.normalize()
    return value.quantize(_CENT) if _decimals(value) < _CENTS else value


def _decimals(value: Decimal) -> int:
    """Number of decimals, negative for a number written with an exponent."""
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def read_number(value: Any) -> Reading:
    """A plain number such as an exchange rate: comma or dot is the decimal sign, nothing groups."""
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return Reading(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    text = clean_text(str(value)) if value is not None else ""
    if not text or text.lower() in NOTHING:
        return Reading(None, ("sans_valeur",) if text else ())
    if re.fullmatch(r"\d{1,12}([.,]\d{1,10})?", text):
        return Reading(Decimal(text.replace(",", ".")))
    return Reading(value)


def read_percent(value: Any, *, column_in_percent: bool) -> Reading:
    """A rate as percent from 0 to 100.

    Args:
        value: ``85``, ``"85 %"``, ``0.85``.
        column_in_percent: another value of the column is above 1, so this column counts in percent; else
            values up to 1 are fractions.
    """
    text = clean_text(str(value)) if value is not None else ""
    signed = text.endswith("%")
    reading = read_number(text.rstrip("% ") if signed else value)
    if not isinstance(reading.value, Decimal) or signed or reading.value > 1 or reading.value == 0:
        return Reading(tidy(reading.value) if isinstance(reading.value, Decimal) else reading.value, reading.notes)
    as_fraction, as_percent = tidy(reading.value * 100), tidy(reading.value)
    if column_in_percent:
        return Reading(as_percent, ("taux_ambigu",), as_fraction)
    return Reading(as_fraction, ("taux_en_fraction",))


def read_flag(value: Any) -> Reading:
    """Yes or no in three languages; anything else is nothing, with a note."""
    text = clean_text(str(value)).lower().rstrip(".") if value is not None else ""
    if not text or text in NOTHING:
        return Reading(None)
    if text in _TRUE or text in _FALSE:
        return Reading(text in _TRUE)
    return Reading(None, ("oui_non_illisible",))
