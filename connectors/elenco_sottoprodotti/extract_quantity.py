"""Amounts in Italian free text: ``circa 1.200 tonnellate di siero all'anno``, ``100-150 q.li/mese``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = r"\d{1,3}(?:[. ]\d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?"
_UNITS = {
    "t": r"tonnellat[ae]|tonn\.?|ton\.?|t\.?",
    "q": r"quintal[ei]|q\.li|qli|ql|q\.?",
    "kg": r"chilogramm[io]|chil[io]|kg\.?",
    "m3": r"metr[io] cub[io]|m\^?3|m³|mc\.?",
    "hl": r"ettolitr[io]|hl\.?",
    "l": r"litr[io]|lt\.?|l\.?",
    "kWh": r"kwh",
    "MWh": r"mwh",
    "u": r"pezz[io]|pz\.?",
}
_PERIODS = {
    "year": r"/\s?anno|/a\b|\ball['’]\s?anno|\bl['’]\s?anno|\b(?:per|ogni) anno|\bann(?:[uo][aeio]?|ual\w+)\b",
    "month": r"/\s?mese|\b(?:al|ogni) mese|\bmensil(?:[ei]|mente)\b",
    "week": r"/\s?sett(?:imana|\.)|\b(?:a|alla|ogni) settimana|\bsettimanal(?:[ei]|mente)\b",
    "day": r"/\s?gg?\b|/\s?giorno|/\s?d(?:ie|ì)\b|\b(?:al|ogni) giorno|\bal dì|\bgiornal(?:ier[aei]|mente)\b|\bdie\b",
    "season": r"/\s?campagna|/\s?stagione|\b(?:a|per) (?:campagna|stagione)|\bstagional[ei]\b",
    "hour": r"/\s?h\b|/\s?ora|\ball['’]\s?ora|\borari[ae]?\b",
}
_UNIT = "|".join(f"(?P<u_{unit}>{words})" for unit, words in _UNITS.items())
_PERIOD = "|".join(f"(?P<p_{period}>{words})" for period, words in _PERIODS.items())
_AMOUNT = re.compile(
    rf"(?<![\w.,/€])(?<!\d['’])(?:(?P<first>{_NUMBER})\s?(?:-|–|÷|/|\ba\b|\be\b|\bed\b|\bai\b|\balle\b)\s?)?"
    rf"(?P<last>{_NUMBER})\s?(?:{_UNIT})(?![\w'’²³%])(?!-\w|\.?\s*\d+/\d{{4}})",
    re.IGNORECASE,
)
# "kg 500/mese", "Quantità annua (t): 120": a unit that belongs to no number before it, with one after it that has no
# other unit.
_UNIT_FIRST = re.compile(
    rf"(?<![\w.,/€])(?<!\d )(?:{_UNIT})\)?\s?[:=]?\s?(?:(?P<first>{_NUMBER})\s?(?:-|–|÷)\s?)?(?P<last>{_NUMBER})"
    rf"(?![\w%°'’]|[.,]\d|\s?(?:-|–|/)\s?\d|\s?(?:{'|'.join(_UNITS.values())})(?!\w))",
    re.IGNORECASE,
)
# What may follow the unit before its period: "120 t di siero dolce all'anno".
_AFTER = re.compile(rf"\s*(?:(?:[^\W\d]+['’]?\s+){{0,5}}?)(?:{_PERIOD})", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:{_PERIOD})(?:\s+[^\W\d]+){{0,3}}\s*[:=(]?\s*(?:[^\W\d]+\.?\s+){{0,3}}$", re.IGNORECASE)
_ABOUT = re.compile(r"(?:circa|ca\.?|~|≈|indicativamente|approssimativamente|mediamente|in media)\s*$", re.IGNORECASE)
_AT_MOST = re.compile(
    r"(?:fino a|al massimo|massim[oa]|max\.?|non oltre|(?<!non )meno di)\s*(?:circa\s*)?$", re.IGNORECASE
)
_AT_LEAST = re.compile(r"(?:oltre|almeno|minim[oa]|min\.?|più di|non meno di)\s*(?:circa\s*)?$", re.IGNORECASE)
# The content of one package is no quantity: "sacchi da 25 kg", "cisterne di 30 mc", "cubi IBC 1000 litri". Without
# "da" it still is one where a period follows: "bancali 300 pezzi/anno".
_PACKAGE_WORD = (
    r"(?:sacch|sacc[oa]|big ?-?bag|confezion|fust|cistern|bancal|pallet|contenitor|cassett|cass[aeo]|casson|tanic|"
    r"secch|bott|serbato|vasc|ball[ae]|roto|rotoball|autobott|bins?|ibc|cub[io]|silos?|scarrabil|pezzatur)\w*(?:\s+\w+)?\s+"
)
_PACKAGE = re.compile(_PACKAGE_WORD + r"(?:da|di|x)\s*(?:circa\s*)?$", re.IGNORECASE)
_PACKED = re.compile(r"\b" + _PACKAGE_WORD + "$", re.IGNORECASE)
# A ratio is no quantity: t/ha, kg/m3, kWh/kg, "per ettaro".
_RATIO = re.compile(
    r"\s?(?:/(?!\s?(?:anno|a\b|mese|sett|gg?\b|giorno|die\b|dì\b|campagna|stagione|h\b|ora))|"
    r"per (?:ettar|metr|capo|ton))",
    re.IGNORECASE,
)
_PRICE = re.compile(r"(?:€|euro|eur)\s*(?:/|al|a|per)?\s*$", re.IGNORECASE)
_NEAR = 100  # characters around an amount that may say what it is
_THOUSANDS = re.compile(r"\d{1,3}(?:[. ]\d{3})+")


@dataclass(frozen=True)
class Quantity:
    """An amount found in a text.

    Attributes:
        minimum: lower end, None for "at most"; equal to ``maximum`` for a single value.
        maximum: upper end, None for "at least".
        unit: t, q (100 kg), kg, m3, hl, l, kWh, MWh or u (pieces).
        period: year, month, week, day, season, hour, or None where the text names none.
        text: the words that were read.
        confidence: 0 to 1.
    """

    minimum: Decimal | None
    maximum: Decimal | None
    unit: str
    period: str | None
    text: str
    confidence: float


def parse_italian(text: str) -> Decimal:
    """A number as Italians write it: ``1.200`` is 1200, ``1.200,5`` is 1200.5, ``12.5`` is 12.5."""
    text = text.replace(" ", "")
    whole, _, fraction = text.partition(",")
    if _THOUSANDS.fullmatch(whole) and not whole.startswith("0"):
        whole = whole.replace(".", "")
    return Decimal(f"{whole}.{fraction}" if fraction else whole)


def find_quantities(text: str) -> list[Quantity]:
    """Every amount in the text with its unit, in order; package sizes, ratios and prices are left out."""
    text = " ".join(text.split())
    matches = [*_AMOUNT.finditer(text), *_UNIT_FIRST.finditer(text)]
    return [found for match in sorted(matches, key=re.Match.start) if (found := _read(text, match))]


def _read(text: str, match: re.Match[str]) -> Quantity | None:
    before, after = text[max(0, match.start() - _NEAR) : match.start()], text[match.end() : match.end() + _NEAR]
    if match["last"][:1] == "0" and match["last"][1:2].isdigit():
        return None  # a waste code, a telephone or tax number
    if _PACKAGE.search(before) or _RATIO.match(after) or _PRICE.search(before):
        return None
    unit = next(name.removeprefix("u_") for name, value in match.groupdict().items() if name[:2] == "u_" and value)
    last = parse_italian(match["last"])
    # "264/2016 t" and "30-12 t" are no ranges: the number beside the unit counts.
    first = parse_italian(match["first"]) if match["first"] else last
    first = last if first > last else first
    period, start, end = _period(text, match)
    lone = len(match[f"u_{unit}"].rstrip(".")) == 1  # a letter t, q or l may be anything
    unit_first = match.start(f"u_{unit}") < match.start("last")
    if period is None and (_PACKED.search(before) or (lone and unit_first)):
        return None
    low: Decimal | None = first
    high: Decimal | None = last
    confidence = {None: 0.6, "year": 0.9}.get(period, 0.8)
    if first != last:
        confidence -= 0.1
    if _ABOUT.search(before):
        confidence -= 0.1
    elif _AT_MOST.search(before):
        low, confidence = None, confidence - 0.2
    elif _AT_LEAST.search(before):
        high, confidence = None, confidence - 0.2
    if period is None and lone:
        confidence -= 0.2
    if unit_first:
        confidence -= 0.1
    return Quantity(low, high, unit, period, text[start:end].strip(), round(confidence, 2))


def _period(text: str, amount: re.Match[str]) -> tuple[str | None, int, int]:
    """The period an amount is for, and from where to where the text speaks of the two."""
    start, end = amount.span()
    if after := _AFTER.match(text, end):
        return _name_of(after), start, after.end()
    if before := _BEFORE.search(text, max(0, start - _NEAR), start):
        return _name_of(before), before.start(), end
    return None, start, end


def _name_of(match: re.Match[str]) -> str:
    return next(name.removeprefix("p_") for name, value in match.groupdict().items() if name[:2] == "p_" and value)
