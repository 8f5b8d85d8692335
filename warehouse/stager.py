"""Records → rows of COPY: told apart from what is known, checked against the contract, written out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, cast

import numpy as np

from connectors.core.blocks import UnreadBlock
from connectors.core.source import RawRecord, UnreadRecord
from schemas.sources.columns import Table, column_check
from warehouse.copy_lines import bad_lines
from warehouse.copy_rows import clean, good_rows, origin
from warehouse.counts import Counts
from warehouse.drift import BatchDrift
from warehouse.fingerprints import Chunk, Hashed, Located, LocatedBlock
from warehouse.known import HASH_BYTES, KnownContent, Places, each
from warehouse.records import check_record, is_usual

FEW = 4
"""Fewer records of one layout than this in a chunk are checked one by one."""
SPARSE = 8
"""Where fewer than one in so many records of a block are new, they wait for those of the next blocks."""
_WAITING = 500


class _Fresh(NamedTuple):
    """A record whose content is not known; ``read`` is None where the contract need not be asked about it."""

    ordinal: int
    digest: bytes
    part: str
    position: str
    fetched_at: str
    read: RawRecord | None


_Written = tuple[str, bytes]
"""Key and payload."""


class _Good(NamedTuple):
    """A record to be written: where it came from, and what else ``good_rows`` asks for, in its order."""

    came_from: bytes
    row: tuple[int, str, bytes, bytes, bytes]


class Lines(NamedTuple):
    """What a chunk of records adds to the batch.

    Attributes:
        good: rows of the batch table, in COPY's binary format, without its beginning and end.
        bad: lines of its rejects, in COPY's text format.
    """

    good: bytes
    bad: bytes


def chunks(located: Iterator[Located | LocatedBlock], most: int) -> Iterator[Chunk]:
    """Blocks as they come, and the records between them, at most so many at a time."""
    waiting: list[Located] = []
    for one in located:
        if isinstance(one[1], UnreadBlock):
            if waiting:
                yield waiting
                waiting = []
            yield one
            continue
        waiting.append(one)
        if len(waiting) >= most:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


class Stager:
    """Checks records chunk by chunk and hands them to one COPY, which PostgreSQL works on meanwhile."""

    def __init__(self, contract: type[Any], drift: BatchDrift, counts: Counts, known: KnownContent) -> None:
        self._contract, self._drift, self._counts, self._known = contract, drift, counts, known
        self._columns = column_check(cast("Hashable", contract))
        self._ordinal = 0
        self._waiting: list[_Fresh] = []
        self.unread = 0

    def lines(self, records: Iterator[Hashed]) -> Iterator[Lines]:
        """Rows for the batch table and for its rejects, in the records' order; what is known is only noted."""
        for chunk, digests in records:
            found = self._of_records(chunk, digests) if isinstance(chunk, list) else self._of_block(*chunk, digests)
            if self._waiting and (found or len(self._waiting) >= _WAITING):
                yield self._waited()
            if found:
                yield found
        if self._waiting:
            yield self._waited()

    def _waited(self) -> Lines:
        waiting, self._waiting = self._waiting, []
        return self._checked(waiting)

    def _of_records(self, chunk: list[Located], digests: bytes) -> Lines:
        known: list[int] = []
        ordinals: list[int] = []
        fresh: list[_Fresh] = []
        found: list[int] = self._known.find(digests).tolist()
        for (part, record, fetched_at), digest, place in zip(chunk, each(digests), found, strict=True):
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
            fresh.append(_Fresh(self._ordinal, digest, part, read.position, fetched_at, read))
        if known:
            self._note(known, ordinals)
        return self._checked(fresh)

    def _of_block(self, part: str, block: UnreadBlock, fetched_at: str, digests: bytes) -> Lines | None:
        """None where the few that are new wait."""
        first = self._ordinal + 1
        self._ordinal += len(block.texts)
        found = self._known.find(digests)
        is_known = found >= 0
        places: Sequence[int] = range(len(block.texts))
        if is_known.any():
            self.unread += self._note(found[is_known], np.flatnonzero(is_known) + first)
            places = np.flatnonzero(~is_known).tolist()
            digests = np.frombuffer(digests, "u1").reshape(-1, HASH_BYTES)[places].tobytes()
        if len(places) * SPARSE < len(block.texts):
            for place, digest in zip(places, each(digests), strict=True):
                read = block.record(place)
                self._waiting.append(_Fresh(first + place, digest, part, read.position, fetched_at, read))
            return None
        return self._of_fresh(part, block, fetched_at, places, digests, first)

    def _of_fresh(
        self, part: str, block: UnreadBlock, fetched_at: str, places: Sequence[int], digests: bytes, first: int
    ) -> Lines:  # fmt: skip
        """Of a block, the records at these places; ``first`` is the number of its first one in the batch."""
        table = self._table(block, places) if len(places) >= FEW else None
        if table and not table.odd:
            self._counts.read += len(places)
            self._counts.valid += len(places)
            is_whole = len(places) == len(block.texts)
            numbers = block.numbers if is_whole else [block.numbers[at] for at in places]
            positions = list(map((clean(block.label).replace(b"%", b"%%") + b" %d").__mod__, numbers))
            came_from = origin(part, fetched_at)
            ordinals = first + (np.arange(len(places)) if is_whole else np.array(places))
            return Lines(good_rows(ordinals, table.keys, table.payloads(), digests, positions, came_from), b"")

        def one(at: int, place: int, digest: bytes) -> _Fresh:
            read = None if table and at not in table.odd else block.record(place)
            return _Fresh(first + place, digest, part, block.position(place), fetched_at, read)

        fresh = [one(at, *pair) for at, pair in enumerate(zip(places, each(digests), strict=True))]
        return self._written(fresh, list(table.records())) if table else self._checked(fresh)

    def _note(self, places: Sequence[int] | Places, ordinals: Sequence[int] | Places) -> int:
        """Count records whose content is known; returns how many."""
        repeated = self._known.note(places, ordinals)
        self._counts.read += len(places)
        self._counts.duplicate += repeated
        self._counts.unchanged += len(places) - repeated
        self._counts.valid += len(places) - repeated
        return len(places)

    def _table(self, block: UnreadBlock, places: Sequence[int]) -> Table | None:
        """The records at these places of a block, checked by column."""
        columns = block.columns(places)
        if columns is None:
            return None
        table = self._columns.check_columns(
            columns.names, columns.cells, is_plain=columns.is_plain, is_filled=columns.is_filled
        )
        if table:
            self._drift.see(columns.names, len(places))
            longest = max(map(len, table.keys))
            if not all(table.keys) or not is_usual("k" * longest, table.body):
                unusual = (at for at, one in enumerate(table.records()) if one and not is_usual(*one))
                return table._replace(odd={*table.odd, *unusual})
        return table

    def _checked(self, fresh: list[_Fresh]) -> Lines:
        """Lines of records that have been read; those of one layout are checked together."""
        written: list[_Written | None] = [None] * len(fresh)
        layouts: dict[tuple[str, ...], list[tuple[int, Mapping[str, Any]]]] = {}
        for at, one in enumerate(fresh):
            data = one.read.data if one.read else None
            if isinstance(data, Mapping):
                layouts.setdefault(tuple(data), []).append((at, data))
        for names, members in layouts.items():
            places, records = zip(*members, strict=True)
            self._drift.see(names, len(places))
            table = self._columns.check(names, records) if len(places) >= FEW else None
            for at, pair in zip(places, table.records() if table else (), strict=False):
                written[at] = pair if pair and is_usual(*pair) else None
        return self._written(fresh, written)

    def _written(self, fresh: list[_Fresh], written: Sequence[_Written | None]) -> Lines:
        """Lines of the good records and of the rejects, in the records' order."""
        good: list[_Good] = []
        bad: list[bytes] = []
        set_aside = self._drift.policy.new_code == "quarantine"
        for (ordinal, digest, part, position, fetched_at, read), one in zip(fresh, written, strict=True):
            if one and not (read and read.defects):
                key, payload = one
            else:
                read = cast("RawRecord", read)
                checked = check_record(self._contract, read, self._drift)
                if checked.defects:
                    bad += bad_lines(checked, digest, part, read, ordinal, set_aside=set_aside)
                if not checked.payload:
                    continue
                key, payload = str(checked.key), checked.payload
            good.append(_Good(origin(part, fetched_at), (ordinal, key, payload, digest, clean(position))))
        self._counts.read += len(fresh)
        self._counts.valid += len(good)
        self._counts.rejected += len(fresh) - len(good)
        return Lines(b"".join(_rows(good)), b"".join(bad))


def _rows(good: list[_Good]) -> Iterator[bytes]:
    for came_from, members in groupby(good, attrgetter("came_from")):
        ordinals, keys, payloads, digests, positions = zip(*(one.row for one in members), strict=True)
        yield good_rows(ordinals, keys, payloads, b"".join(digests), positions, came_from)
