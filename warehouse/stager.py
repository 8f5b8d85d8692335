"""Records → lines of COPY: told apart from what is known, checked against the contract, written out."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple, cast

from connectors.core.source import RawRecord, UnreadRecord
from schemas.sources.columns import Written, column_check
from warehouse.copy_lines import bad_lines, good_line, origin
from warehouse.counts import Counts
from warehouse.drift import BatchDrift
from warehouse.known import HASH_BYTES, KnownContent
from warehouse.records import canonical_json, check_record, is_usual

FEW = 16
"""Fewer records of one layout than this in a chunk are checked one by one."""


Located = tuple[str, RawRecord | UnreadRecord, str]
"""The part that a record stands in, the record, and when the part came (ISO 8601)."""


class _Fresh(NamedTuple):
    """A record whose content is not known."""

    ordinal: int
    digest: bytes
    part: str
    read: RawRecord
    fetched_at: str


class Lines(NamedTuple):
    """What a chunk of records adds to the batch, in COPY's text format."""

    good: bytes
    bad: bytes


class Stager:
    """Checks records chunk by chunk and hands them to one COPY, which PostgreSQL works on meanwhile."""

    def __init__(
        self, contract: type[Any], salt: bytes, drift: BatchDrift, counts: Counts, known: KnownContent
    ) -> None:
        self._contract, self._drift, self._counts, self._known = contract, drift, counts, known
        self._columns = column_check(cast("Hashable", contract))
        self._hash = hashlib.blake2b(digest_size=HASH_BYTES, key=salt)
        self._hash_in = functools.lru_cache(maxsize=64)(self._started)
        self._ordinal = 0
        self.unread = 0

    def _started(self, context: bytes) -> Any:
        hasher = self._hash.copy()
        hasher.update(b"%d\x00%b" % (len(context), context))
        return hasher

    def _digest(self, record: RawRecord | UnreadRecord) -> bytes:
        if isinstance(record, UnreadRecord):
            hasher = self._hash_in(record.context).copy()
            hasher.update(record.text)
        else:
            hasher = self._hash.copy()
            hasher.update(canonical_json(record.data))
        return bytes(hasher.digest())

    def lines(self, chunk: list[Located]) -> Lines:
        """Rows for the batch table and for its rejects; what is known is only noted."""
        digests = [self._digest(record) for _part, record, _fetched_at in chunk]
        known: list[int] = []
        ordinals: list[int] = []
        fresh: list[_Fresh] = []
        layouts: dict[tuple[str, ...], list[int]] = {}
        for (part, record, fetched_at), digest, place in zip(chunk, digests, self._known.find(digests), strict=True):
            self._ordinal += 1
            if place >= 0 and isinstance(record, UnreadRecord):
                self.unread += 1
                known.append(place)
                ordinals.append(self._ordinal)
                continue
            read = record.record() if isinstance(record, UnreadRecord) else record
            if place >= 0 and not read.defects:
                known.append(place)
                ordinals.append(self._ordinal)
                if isinstance(read.data, Mapping):
                    self._drift.see(tuple(read.data))
                continue
            if isinstance(read.data, Mapping):
                layouts.setdefault(tuple(read.data), []).append(len(fresh))
            fresh.append(_Fresh(self._ordinal, digest, part, read, fetched_at))
        good, bad = self._checked(fresh, layouts)
        repeated = self._known.note(known, ordinals) if known else 0
        counts = self._counts
        counts.read += len(chunk)
        counts.unchanged += len(known) - repeated
        counts.valid += len(good) + len(known) - repeated
        counts.duplicate += repeated
        counts.rejected += len(chunk) - len(good) - len(known)
        return Lines(b"".join(good), b"".join(bad))

    def _checked(
        self, fresh: list[_Fresh], layouts: Mapping[tuple[str, ...], list[int]]
    ) -> tuple[list[bytes], list[bytes]]:
        """Lines of the good records and of the rejects, in the records' order."""
        written: list[Written | None] = [None] * len(fresh)
        for names, places in layouts.items():
            self._drift.see(names, len(places))
            if len(places) >= FEW:
                found = self._columns.check(names, [fresh[at].read.data for at in places])
                for at, one in zip(places, found, strict=True):
                    written[at] = one
        good: list[bytes] = []
        bad: list[bytes] = []
        set_aside = self._drift.policy.new_code == "quarantine"
        for (ordinal, digest, part, read, fetched_at), one in zip(fresh, written, strict=True):
            if one and is_usual(one) and not read.defects:
                key, payload = one.key, one.payload.encode()
            else:
                checked = check_record(self._contract, read, self._drift)
                if checked.defects:
                    bad += bad_lines(checked, digest, part, read, ordinal, set_aside=set_aside)
                if not checked.payload:
                    continue
                key, payload = str(checked.key), checked.payload
            good.append(good_line(ordinal, key, payload, digest, origin(part, fetched_at), read.position))
        return good, bad
