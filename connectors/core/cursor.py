"""Cursors of incremental sources: neither a date in the future nor what comes late may be skipped by the next run."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?")


def clamp(cursor: Any, now: datetime | None = None) -> Any:
    """The cursor with every date beyond ``now`` set to ``now``, in the form in which it was written.

    Applied when a cursor is stored and again when it is used. Dates are ISO 8601 texts, at any depth; a moment
    without an offset is UTC. Everything else stays as it is.

    Args:
        now: an aware moment; the clock by default.
    """
    moment = now or datetime.now(UTC)
    if isinstance(cursor, dict):
        return {name: clamp(value, moment) for name, value in cursor.items()}
    if isinstance(cursor, list):
        return [clamp(value, moment) for value in cursor]
    return _clamped(cursor, moment) if isinstance(cursor, str) else cursor


def window(cursor: str, overlap: timedelta, now: datetime | None = None) -> str:
    """From which moment on to ask (ISO 8601, UTC): some time before the cursor, clamped.

    What was written while the last run asked, was published late, or is dated by a clock that is behind or in another
    zone would be passed over otherwise. What comes again is known by its content and not loaded again.

    Raises:
        ValueError: the cursor is no moment.
    """
    moment = datetime.fromisoformat(str(clamp(cursor, now)))
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - overlap).astimezone(UTC).isoformat()


def _clamped(text: str, now: datetime) -> str:
    try:
        if _DAY.fullmatch(text):
            return min(date.fromisoformat(text), now.astimezone(UTC).date()).isoformat()
        if _MOMENT.fullmatch(text):
            sent = datetime.fromisoformat(text)
            limit = now if sent.tzinfo else now.astimezone(UTC).replace(tzinfo=None)
            return limit.isoformat(timespec="seconds") if sent > limit else text
    except ValueError:  # 2026-13-45 only looks like a date
        pass
    return text
