"""Records → lines of COPY: told apart from what is known, checked against the contract, written out."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from connectors.core.source import RawRecord, UnreadRecord
from warehouse.copy_lines import bad_lines, good_line, known_line
from warehouse.counts import Counts
from warehouse.drift import BatchDrift
from warehouse.known import HASH_BYTES, KnownContent
from warehouse.records import canonical_json, check_record


class Located(NamedTuple):
    """A record, the part it stands in and when that came (ISO 8601)."""

    part: str
    record: RawRecord | UnreadRecord
    fetched_at: str


class Lines(NamedTuple):
    """What a chunk of records adds to the batch, in COPY's text format."""

    good: bytes
    known: bytes
    bad: bytes


class Stager:
    """Checks records chunk by chunk and hands them to one COPY, which PostgreSQL works on meanwhile."""

    def __init__(
        self, contract: type[Any], salt: bytes, drift: BatchDrift, counts: Counts, known: KnownContent
    ) -> None:
        self._contract, self._drift, self._counts, self._known = contract, drift, counts, known
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
        """Rows for the batch table, for what is known of it, and for its rejects."""
        digests = [self._digest(located.record) for located in chunk]
        good: list[bytes] = []
        known: list[bytes] = []
        bad: list[bytes] = []
        seen: list[Mapping[str, Any]] = []
        set_aside = self._drift.policy.new_code == "quarantine"
        for (part, record, fetched_at), digest, is_known in zip(
            chunk, digests, self._known.among(digests), strict=True
        ):
            self._ordinal += 1
            if is_known and isinstance(record, UnreadRecord):
                self.unread += 1
                known.append(known_line(self._ordinal, digest))
                continue
            position, data, defects = read = record.record() if isinstance(record, UnreadRecord) else record
            if isinstance(data, Mapping):
                seen.append(data)
            if is_known and not defects:
                known.append(known_line(self._ordinal, digest))
                continue
            checked = check_record(self._contract, read, self._drift)
            if checked.payload:
                good.append(
                    good_line(self._ordinal, str(checked.key), checked.payload, digest, part, position, fetched_at)
                )
            if checked.defects:
                bad += bad_lines(checked, digest, part, read, self._ordinal, set_aside=set_aside)
        self._drift.see(seen)
        counts = self._counts
        counts.read += len(chunk)
        counts.unchanged += len(known)
        counts.valid += len(good) + len(known)
        counts.rejected += len(chunk) - len(good) - len(known)
        return Lines(b"".join(good), b"".join(known), b"".join(bad))
