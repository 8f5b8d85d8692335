"""Columns and codes that a source began to send, or stopped sending: seen over a whole batch, said once.

A single odd record is a reject. A column that half of the batch shows is a change of the source, and its owner
should read one sentence about it, not ten thousand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz, process

from connectors.core.source import Drift
from schemas.sources.base import fold

CODE_RULES = frozenset({"enum", "literal_error"})
"""Rules by which a contract says "not one of the known values"."""
UNKNOWN_RULES = frozenset({"extra_forbidden", "unknown_field", "unknown_column"})
"""Rules by which a contract or a reader says "no such column"."""
_NEAR = 70.0
_ESTABLISHED = 0.5
_ENOUGH = 20
_MAX_CODES = 1000
_SHOWN_CODES = 20


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` is most like, None where none is like it."""
    folded = {fold(candidate): candidate for candidate in known}
    found = process.extractOne(fold(name), list(folded), scorer=fuzz.ratio, score_cutoff=_NEAR)
    return folded[found[0]] if found else None


def field_names(contract: type[Any]) -> frozenset[str]:
    """Every name under which the contract takes a value."""
    fields: Mapping[str, Any] = contract.model_fields
    aliases = {str(f.alias) for f in fields.values() if f.alias}
    ignored: frozenset[str] = contract.IGNORED
    return frozenset(fields) | aliases | ignored


def unknown_column_message(name: str, known: Iterable[str]) -> str:
    """``unknown column 'quantite_t'; nearest known: 'quantite'``."""
    near = nearest(name, known)
    return f"unknown column '{name}'" + (f"; nearest known: '{near}'" if near else "")


class BatchDrift:
    """Counts, over one batch, which columns came and which codes nobody knows."""

    def __init__(self, contract: type[Any], policy: Drift) -> None:
        self.policy = policy
        self.known = field_names(contract)
        self._layouts: Counter[tuple[str, ...]] = Counter()
        self._codes: Counter[tuple[str, str]] = Counter()
        self._unread: Counter[str] = Counter()
        self._unparsed: Counter[str] = Counter()
        self._records = 0

    def see(self, columns: tuple[str, ...], records: int = 1) -> None:
        """Take note of the columns that so many records have."""
        self._records += records
        self._layouts[columns] += records

    def see_known(self, records: int, before: Mapping[str, int], records_before: int) -> None:
        """Count records that were not read because the last good load holds them: they have its columns."""
        self._records += records
        share = records / records_before if records_before else 0
        self._unparsed.update({name: round(n * share) for name, n in before.items()})

    def see_unread(self, column: str) -> None:
        """Take note of a column that the reader did not pass on, because its mapping does not know it."""
        self._unread[column] += 1

    def see_code(self, field: str, value: str | None) -> None:
        """Take note of a value that an enumeration does not know."""
        if len(self._codes) < _MAX_CODES or (field, value or "") in self._codes:
            self._codes[field, value or ""] += 1

    def columns(self) -> dict[str, int]:
        """Column → records of the batch that have it."""
        found: Counter[str] = Counter()
        for layout, records in self._layouts.items():
            for name in layout:
                found[name] += records
        return dict(+(found + self._unparsed))

    def frequent_unknown(self) -> list[str]:
        """Unknown columns that so many records show that they are columns of the source."""
        least = self._records * self.policy.min_share
        return sorted(name for name, n in self._unknown().items() if n >= least)

    def _unknown(self) -> dict[str, int]:
        return {name: n for name, n in self.columns().items() if name not in self.known} | self._unread

    def missing(self, before: Mapping[str, int], records_before: int) -> list[str]:
        """Columns that were usual in the last good load and that no record of this batch has."""
        if self._records < _ENOUGH:
            return []
        now = self.columns()
        usual = (name for name, n in before.items() if n >= records_before * _ESTABLISHED)
        return sorted(name for name in usual if name not in now)

    def notes(self, before: Mapping[str, int], records_before: int) -> dict[str, Any]:
        """What is kept with the load: ``columns``, ``missing_columns``, and ``notices`` for people."""
        missing = self.missing(before, records_before)
        return {
            "columns": self.columns(),
            "missing_columns": missing,
            "notices": [*self._column_notices(missing, before), *self._code_notices()],
        }

    def _column_notices(self, missing: Sequence[str], before: Mapping[str, int]) -> list[str]:
        unknown, now = self._unknown(), self.columns()
        done = {"warn": "left out", "reject": "its records are rejected"}[self.policy.unknown_column]
        notices = [
            f"{unknown_column_message(name, self.known)} in {unknown[name]} of {self._records} records: {done}"
            for name in self.frequent_unknown()
        ]
        for name in missing:
            new = nearest(name, [column for column in now if column not in before])
            hint = f"; renamed to '{new}'?" if new else ""
            notices.append(f"column '{name}' came with the last good load and is gone{hint}")
        return notices

    def _code_notices(self) -> list[str]:
        done = {"quarantine": "loaded without it, the value is set aside", "warn": "loaded without it"}
        # A rejected record speaks for itself; a code that many have is a new code of the source.
        least = self._records * self.policy.min_share if self.policy.new_code == "reject" else 0
        return [
            f"unknown value '{value}' of '{field}' in {n} records: {done.get(self.policy.new_code, 'rejected')}"
            for (field, value), n in self._codes.most_common(_SHOWN_CODES)
            if n >= least
        ]
