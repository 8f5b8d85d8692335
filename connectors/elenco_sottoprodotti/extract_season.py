"""Months of availability in Italian free text: ``da ottobre a giugno``, ``nei mesi di luglio e agosto``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMES = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre",
    "novembre", "dicembre",
)  # fmt: skip
_FULL = "|".join(_NAMES)
# "sett." before "set": the longer spelling first. Alone, "set", "mar" and "mag" are ordinary words, so the
# short forms count only at both ends of a range or in a series.
_SHORT = r"(?:genn?|febb?|mar|apr|magg?|giu|lugl?|ago|sett|set|ott|nov|dic)\b\.?"
_MONTH = rf"(?:{_FULL}|{_SHORT})"
_DAY = r"(?:(?:\d{1,2}|1°|primi di|metà|fine|inizio)\s+(?:di\s+)?)?"
_AND = r"\s*(?:[,/]|\be\b|\bed\b)\s*"
# "maggio-giugno 2023": the year is that of all months before it.
_NO_YEAR = rf"(?!(?:(?:{_AND}|\s*(?:-|–|÷|\ba[ld]?\b)\s*){_MONTH}){{0,11}}\s+(?:del\s+)?(?:19|20)\d{{2}})"
_RANGE = re.compile(
    rf"(?:\b(?:dal?|tra|fra)\s+(?:mese di\s+)?)?{_DAY}\b(?P<first>{_MONTH}){_NO_YEAR}\s*"
    rf"(?:-|–|÷|/|\ba[ld]?\b|\bfino a[ld]?\b)\s*(?:mese di\s+)?{_DAY}"
    rf"(?P<last>{_MONTH})\b{_NO_YEAR}",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"\b(?:tra|fra)\s+{_DAY}(?P<first>{_MONTH})\s+e\s+{_DAY}(?P<last>{_MONTH})\b{_NO_YEAR}", re.IGNORECASE
)
_SINGLE = re.compile(rf"(?<!\d )(?<!\d)\b(?P<month>{_FULL})\b{_NO_YEAR}", re.IGNORECASE)
_SERIES = re.compile(rf"\b{_MONTH}(?:{_AND}{_MONTH}){{1,11}}{_NO_YEAR}", re.IGNORECASE)
_ANY = re.compile(rf"\b{_MONTH}", re.IGNORECASE)
_ALL_YEAR = re.compile(
    r"\b(?:tutto l['’]\s?anno|tutti i mesi|durante l['’]intero anno|12 mesi(?: su 12| all['’]anno)?)", re.IGNORECASE
)
_EXCEPT = re.compile(
    r"[\s,(]*(?:(?:esclus[oi]|tranne|eccetto|salvo|(?:ad |con l['’]\s?)eccezione d\w+)\b"
    rf"(?P<clause>(?:[^.;,)]|,(?=\s*{_MONTH}))*)|(?P<named>(?:{_MONTH}|[\s,]|\be\b)+?)\s+(?:esclus|eccettuat)[oi]\b)",
    re.IGNORECASE,
)
_SEASONS = {
    r"primaver(?:a|ile|ili)": (3, 4, 5),
    r"estate|estiv[oaei]": (6, 7, 8),
    r"autunno|autunnal[ei]": (9, 10, 11),
    r"inverno|invernal[ei]": (12, 1, 2),
    r"vendemmi[ae]": (9, 10),
    r"campagn[ae] olearia|raccolta delle olive": (10, 11, 12, 1),
}
_SEASON_RANGE = re.compile(
    rf"\bdal?(?:la|l['’])?\s?(?P<first>{'|'.join(_SEASONS)})\s+(?:fino\s+)?ad?l?(?:la|l['’])?\s?(?P<last>{'|'.join(_SEASONS)})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Season:
    """Months (1 to 12, ascending) found in a text, the words that say so, and the confidence (0 to 1)."""

    months: tuple[int, ...]
    text: str
    confidence: float


def find_season(text: str) -> Season | None:
    """The months in which a by-product is available, None where the text names none.

    A month beside a year or after a day is a date, not a season.
    """
    text = " ".join(text.split())
    return _all_year(text) or _ranges(text) or _listed(text) or _named(text)


def _all_year(text: str) -> Season | None:
    match = _ALL_YEAR.search(text)
    if not match:
        return None
    months, end, confidence = set(range(1, 13)), match.end(), 0.9
    if excluded := _EXCEPT.match(text, end):
        out = _left_out(excluded["clause"] or excluded["named"] or "")
        if not out or out == months:  # "salvo accordi": something is left out, but no months are named
            confidence = 0.6
        else:
            months, end = months - out, excluded.end()
    return Season(tuple(sorted(months)), text[match.start() : end].strip(" ,("), confidence)


def _left_out(clause: str) -> set[int]:
    if found := _ranges(clause):
        return set(found.months)
    months = {_number(month[0]) for month in _ANY.finditer(clause)}
    named = _named(clause)
    return months or set(named.months if named else ())


def _ranges(text: str) -> Season | None:
    """Ranges of months, and single months named beside them."""
    matches = list(_RANGE.finditer(text)) or list(_BETWEEN.finditer(text))
    if not matches:
        return None
    months = {month for match in matches for month in _span(_number(match["first"]), _number(match["last"]))}
    spans = [match.span() for match in matches]
    for single in _SINGLE.finditer(text):
        if not any(start <= single.start() < end for start, end in spans):
            months.add(_number(single["month"]))
            spans.append(single.span())
    return Season(tuple(sorted(months)), "; ".join(text[start:end].strip() for start, end in sorted(spans)), 0.9)


def _listed(text: str) -> Season | None:
    found = {match.span(): match[0] for match in _SINGLE.finditer(text)}
    for series in _SERIES.finditer(text):
        found |= {match.span(): match[0] for match in _ANY.finditer(text, *series.span())}
    if not found:
        return None
    months = tuple(sorted({_number(word) for word in found.values()}))
    shown = text[min(start for start, _end in found) : max(end for _start, end in found)]
    return Season(months, shown, 0.8 if len(months) > 1 else 0.5)


def _named(text: str) -> Season | None:
    if span := _SEASON_RANGE.search(text):
        return Season(
            tuple(sorted(_span(_named_months(span["first"])[0], _named_months(span["last"])[-1]))), span[0], 0.5
        )
    found = [
        (match, months) for words, months in _SEASONS.items() for match in re.finditer(rf"\b(?:{words})\b", text, re.I)
    ]
    if not found:
        return None
    months = sorted({month for _match, several in found for month in several})
    return Season(tuple(months), "; ".join(match[0] for match, _months in found), 0.5)


def _named_months(word: str) -> tuple[int, ...]:
    return next(months for words, months in _SEASONS.items() if re.fullmatch(words, word, re.IGNORECASE))


def _number(word: str) -> int:
    """1 to 12: the first three letters of an Italian month tell it."""
    return [name[:3] for name in _NAMES].index(word.lower()[:3]) + 1


def _span(first: int, last: int) -> list[int]:
    """Months from ``first`` to ``last``, over the turn of the year where need be."""
    return [(first - 1 + step) % 12 + 1 for step in range((last - first) % 12 + 1)]
