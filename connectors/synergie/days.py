"""Cells of hand-made files → days, months and periods."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.synergie.values import NOTHING, Reading
from schemas.sources.base import clean_text

# France and Italy keep the same time.
_LOCAL = ZoneInfo("Europe/Paris")
_PIVOT = 70
_SERIALS = range(25_569, 73_051)  # 1970 to 2099 in the 1900 system
_EPOCH_1900, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
_LATE = 21
_TWO_DIGITS = 2
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan gennaio gen january",
            "février fevrier févr fevr fév fev febbraio feb february",
            "mars mar marzo march",
            "avril avr aprile apr april",
            "mai maggio mag may",
            "juin giugno giu june jun",
            "juillet juil luglio lug july jul",
            "août aout aoû agosto ago august aug",
            "septembre sept sep settembre set september",
            "octobre oct ottobre ott october",
            "novembre nov novembre november",
            "décembre decembre déc dec dicembre dic december",
        ),
        start=1,
    )
    for name in names.split()
}
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})")
_MONTH_NAME = re.compile(r"(\d{1,2})(?:er|º|°)?[-/. ]+([^\W\d_]+)\.?[-/. ,]+(\d{4}|\d{2})")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_MIDNIGHT = re.compile(r"(.*\d)[ T]+0{1,2}[:.h]00(?:[:.]00(?:\.0+)?)?")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")


def read_day(value: Any, *, date_1904: bool = False) -> Reading:
    """A day, day first as both countries write it.

    A moment close to midnight is the day it was meant to be: programs write a local midnight as the evening
    before in UTC (``2018-01-31T21:00:00Z`` is 1 February) or as one or two o'clock. Whole numbers are Excel
    serial days.

    Args:
        value: cell value.
        date_1904: the workbook counts days from 1904.
    """
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return Reading(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _serial(value, date_1904=date_1904)
    text = clean_text(str(value)) if value is not None else ""
    if not text or text.lower() in NOTHING:
        return Reading(None, ("sans_valeur",) if text else ())
    return _text(text, date_1904=date_1904) or Reading(value if isinstance(value, str) else text)


def _text(text: str, *, date_1904: bool) -> Reading | None:
    midnight = _MIDNIGHT.fullmatch(text)
    if midnight:
        text = midnight[1]
    elif _MOMENT.fullmatch(text):
        try:
            return _moment(datetime.fromisoformat(text))
        except ValueError:
            return None
    if text.isdigit() and len(text) == 5:  # noqa: PLR2004 - serial days of our time have five digits
        return _serial(int(text), date_1904=date_1904)
    for pattern, order in ((_YEAR_FIRST, (1, 2, 3)), (_COMPACT, (1, 2, 3)), (_DAY_FIRST, (3, 2, 1))):
        match = pattern.fullmatch(text)
        if match:
            return _day(match[order[0]], int(match[order[1]]), int(match[order[2]]))
    match = _MONTH_NAME.fullmatch(text.lower())
    if match and match[2] in _MONTHS:
        return _day(match[3], _MONTHS[match[2]], int(match[1]))
    return None


def _day(year: str, month: int, day: int) -> Reading | None:
    notes: tuple[str, ...] = ()
    number = int(year)
    if len(year) == _TWO_DIGITS:
        number += 2000 if number < _PIVOT else 1900
        notes = ("annee_deux_chiffres",)
    try:
        return Reading(date(number, month, day), notes)
    except ValueError:
        return None


def _serial(value: int, *, date_1904: bool) -> Reading:
    epoch = _EPOCH_1904 if date_1904 else _EPOCH_1900
    day = epoch + timedelta(days=value) if 0 <= value < _SERIALS.stop else None
    if day is None or (day - _EPOCH_1900).days not in _SERIALS:
        return Reading(str(value))
    return Reading(day, ("date_en_nombre",))


def _moment(value: datetime) -> Reading:
    """The day meant by a moment; evening hours on the hour are the next day's midnight elsewhere."""
    if value.tzinfo is not None:
        local = value.astimezone(_LOCAL)
        on_the_hour = (local.minute, local.second, local.microsecond) == (0, 0, 0)
        utc = value.astimezone(UTC)
        if on_the_hour and utc.hour >= _LATE:
            return Reading(utc.date() + timedelta(days=1), ("date_decalee",))
        return Reading(local.date(), () if local.hour == 0 else ("date_avec_heure",))
    if (value.hour, value.minute, value.second) == (0, 0, 0):
        return Reading(value.date())
    if value.hour >= _LATE and (value.minute, value.second) == (0, 0):
        return Reading(value.date() + timedelta(days=1), ("date_decalee",))
    return Reading(value.date(), ("date_avec_heure",))


def read_month(value: Any) -> Reading:
    """A month as ``YYYY-MM``: from a day, ``03/2019``, ``2019-03`` or ``mars 2019``; else the text."""
    text = clean_text(str(value)) if value is not None else ""
    if not text or text.lower() in NOTHING:
        return Reading(None)
    for pattern, year, month in ((r"(\d{4})[-/.](\d{1,2})", 1, 2), (r"(\d{1,2})[-/.](\d{4})", 2, 1)):
        match = re.fullmatch(pattern, text)
        if match and 1 <= int(match[month]) <= 12:  # noqa: PLR2004 - months
            return Reading(f"{match[year]}-{int(match[month]):02d}")
    match = re.fullmatch(r"([^\W\d_]+)\.?[ /-]+(\d{4})", text.lower())
    if match and match[1] in _MONTHS:
        return Reading(f"{match[2]}-{_MONTHS[match[1]]:02d}")
    day = read_day(value).value
    return Reading(f"{day:%Y-%m}" if isinstance(day, date) else text)


_ANY_DAY = r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}(?:er|º|°)?\s+[^\W\d_]+\.?\s+\d{4}"


def read_period(value: Any) -> tuple[Any, Any]:
    """First and last day of a period written in one cell; the text and None where there are not two days."""
    text = clean_text(str(value)) if value is not None else ""
    days = re.findall(_ANY_DAY, text)
    if len(days) != _TWO_DIGITS:
        return (text or None, None)
    return (days[0], days[1])
