"""Opening hours that come as a structure, as readable text and in the syntax of OpenStreetMap.

Only structures are converted, because there the conversion is exact. Free text stays text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_FRENCH_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_DAY_OF = {
    **{day.casefold(): day for day in DAYS},
    **dict(zip(_FRENCH_DAYS, DAYS, strict=True)),
    **dict(zip(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), DAYS, strict=True)),
}  # fmt: skip
_SLOT = re.compile(r"\s*(\d{1,2})\s*[:hH.]\s*(\d{2})?\s*[-–]\s*(\d{1,2})\s*[:hH.]\s*(\d{2})?\s*")
_LAST_HOUR, _LAST_MINUTE = 24, 59
_LAST_EXTENDED_HOUR = 48
"""OpenStreetMap writes two in the morning after an evening as 26:00."""
_COMMENT = re.compile(r'"[^"]*"')
_FOREIGN = re.compile(r"[^\w\s:,;.+\-–/()|\[\]<>=&]")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_OSM_WORDS = frozenset({
    *DAYS, "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "PH", "SH", "off",
    "closed", "open", "unknown", "week", "easter", "day", "days", "sunrise", "sunset", "dawn", "dusk",
})  # fmt: skip

Hours = tuple[str | None, str | None]
"""Text as the source wrote it, and OpenStreetMap syntax; either may be None."""


def day_map(value: Any) -> Hours:
    """Hours keyed by day: ``{"Mo": "09:00-12:00,14:00-18:00"}`` as GoGoCarto sends them.

    An element of which only the second slot is filled comes with a leading comma. A day that is written in
    another way leaves the whole week without OpenStreetMap form: half of the hours would be wrong.
    """
    if not isinstance(value, Mapping):
        return _text(value), None
    week: dict[str, str] = {}
    for key, slots in value.items():
        text = ",".join(part.strip() for part in str(slots or "").split(",") if part.strip())
        if text:
            week[_DAY_OF.get(str(key).casefold(), str(key))] = text
    return _written(week), _osm({day: text.split(",") for day, text in week.items()})


def day_list(value: Any) -> Hours:
    """Hours as a list of days: ``[{"dayOfWeek": "Mo", "hours": [{"opens": …, "closes": …}]}, "", …]``.

    So Communecter sends them; a closed day is an empty text, and the whole may also be free text.
    """
    if not isinstance(value, Sequence) or isinstance(value, str):
        return _text(value), None
    if any(isinstance(entry, str) and entry.strip() for entry in value):  # days in words: none is left out
        return _text([entry for entry in value if isinstance(entry, str)]), None
    week: dict[str, list[str]] = {}
    for entry in value:
        if not isinstance(entry, Mapping):
            continue
        slots = [
            f"{slot.get('opens', '')}-{slot.get('closes', '')}"
            for slot in entry.get("hours") or []
            if isinstance(slot, Mapping)
        ]
        if slots:
            name = str(entry.get("dayOfWeek", ""))
            week[_DAY_OF.get(name.casefold(), name)] = slots
    return _written({day: ",".join(slots) for day, slots in week.items()}), _osm(week)


def is_osm(text: str) -> bool:
    """The text has only words, signs and times of the OpenStreetMap syntax; quoted comments may hold anything.

    It is no full check of the grammar. It tells opening hours in words (``du lundi au vendredi``) from it.
    """
    bare = _COMMENT.sub("", text)
    times = _TIME.findall(bare)
    return (
        not _FOREIGN.search(bare)
        and _OSM_WORDS.issuperset(re.findall(r"[^\W\d_]+", bare))
        and all(int(hour) <= _LAST_EXTENDED_HOUR and int(minute) <= _LAST_MINUTE for hour, minute in times)
        and bool(times or re.search(r"24/7|off|closed|open|unknown|sunrise|dawn", bare) or '"' in text)
    )


def day_columns(values: Mapping[str, Any]) -> Hours:
    """Hours in one text per day, such as ``{"lundi": "9h-12h", …}``; free text, so never converted."""
    week = {str(key): text for key, value in values.items() if (text := _text(value))}
    return _written(week), None


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        return "; ".join(text for item in value if (text := _text(item))) or None
    return value.strip() or None if isinstance(value, str) else None


def _written(week: Mapping[str, str]) -> str | None:
    return "; ".join(f"{day} {text}" for day, text in week.items()) or None


def _osm(week: Mapping[str, Sequence[str]]) -> str | None:
    """``Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00``, or None where a day or slot cannot be read."""
    read: dict[str, str] = {}
    for day, slots in week.items():
        times = [_slot(slot) for slot in slots]
        if day not in DAYS or None in times:
            return None
        read[day] = ",".join(sorted(time for time in times if time))
    groups: list[tuple[list[str], str]] = []
    for day in DAYS:
        if day not in read:
            continue
        follows = groups and groups[-1][1] == read[day] and _next_to(groups[-1][0][-1], day)
        if follows:
            groups[-1][0].append(day)
        else:
            groups.append(([day], read[day]))
    return "; ".join(f"{_span(days)} {times}" for days, times in groups) or None


def _slot(text: str) -> str | None:
    match = _SLOT.fullmatch(text)
    if not match:
        return None
    start, end = (int(match[1]), int(match[2] or 0)), (int(match[3]), int(match[4] or 0))
    if any(hour > _LAST_HOUR or minute > _LAST_MINUTE for hour, minute in (start, end)):
        return None
    if start == end or start[0] == _LAST_HOUR or (end[0] == _LAST_HOUR and end[1]):
        return None
    return f"{start[0]:02d}:{start[1]:02d}-{end[0]:02d}:{end[1]:02d}"


def _next_to(day: str, other: str) -> bool:
    return DAYS.index(other) - DAYS.index(day) == 1


def _span(days: Sequence[str]) -> str:
    if len(days) > 2:  # noqa: PLR2004 - two days are written with a comma
        return f"{days[0]}-{days[-1]}"
    return ",".join(days)
