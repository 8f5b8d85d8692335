"""Digests of raw records: by them a record is known without being read."""

from __future__ import annotations

import functools
import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from connectors.core.blocks import UnreadBlock
from connectors.core.source import RawRecord, UnreadRecord
from warehouse.known import HASH_BYTES
from warehouse.records import canonical_json

Located = tuple[str, RawRecord | UnreadRecord, str]
"""The part that a record stands in, the record, and when the part came (ISO 8601)."""
LocatedBlock = tuple[str, UnreadBlock, str]
Chunk = list[Located] | LocatedBlock
Hashed = tuple[Chunk, bytes]
"""Records and their digests, one behind the other."""
_AHEAD = 32_000_000
"""Bytes of texts that may wait for what PostgreSQL knows."""


class Early:
    """What was hashed before it is asked for.

    Attributes:
        hashed: the first chunks.
        digests: of each of the next ones, whose texts were let go and have to be read again.
    """

    def __init__(self) -> None:
        self.hashed: deque[Hashed] = deque()
        self.digests: list[bytes] = []


class Fingerprints:
    """Digests that also depend on a salt, the code that reads the records."""

    def __init__(self, salt: bytes) -> None:
        self._hash = hashlib.blake2b(digest_size=HASH_BYTES, key=salt)
        self._hash_in = functools.lru_cache(maxsize=64)(self._started)

    def _started(self, context: bytes) -> Any:
        hasher = self._hash.copy()
        hasher.update(b"%d\x00%b" % (len(context), context))
        return hasher

    def of(self, chunk: Chunk) -> bytes:
        """The digests of its records, one behind the other."""
        if isinstance(chunk, list):
            return b"".join([self._of_record(record) for _part, record, _fetched_at in chunk])
        start, digests = self._hash_in(chunk[1].context).copy, []
        for text in chunk[1].texts:
            hasher = start()
            hasher.update(text)
            digests.append(hasher.digest())
        return b"".join(digests)

    def _of_record(self, record: RawRecord | UnreadRecord) -> bytes:
        if isinstance(record, UnreadRecord):
            hasher = self._hash_in(record.context).copy()
            hasher.update(record.text)
        else:
            hasher = self._hash.copy()
            hasher.update(canonical_json(record.data))
        return bytes(hasher.digest())

    def ahead(self, chunks: Iterator[Chunk], is_enough: Callable[[], bool]) -> Early:
        """The first chunks, until it is enough; of records that are not in blocks at most one chunk."""
        early, size = Early(), 0
        while not is_enough():
            chunk = next(chunks, None)
            if chunk is None:
                break
            digests = self.of(chunk)
            if size >= _AHEAD:
                early.digests.append(digests)
                continue
            early.hashed.append((chunk, digests))
            if isinstance(chunk, list):
                break
            size += sum(map(len, chunk[1].texts))
        return early

    def rest(self, early: Early, chunks: Iterator[Chunk], again: Callable[[], Iterator[Chunk]]) -> Iterator[Hashed]:
        """The chunks that were taken early, none of which is kept, and all others.

        Args:
            again: gives all chunks from the first on.
        """
        taken = len(early.hashed)
        while early.hashed:
            yield early.hashed.popleft()
        if early.digests:
            yield from zip(islice(again(), taken, taken + len(early.digests)), early.digests, strict=True)
        for chunk in chunks:
            yield chunk, self.of(chunk)
