"""Which raw contents a stream's table holds already: 32 bytes a record in memory, whatever a record weighs.

Records whose content is known are neither read nor validated nor sent to PostgreSQL; it only hears which of them came,
or which did not, whatever are fewer (``warehouse.batch``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

Places = NDArray[np.int64]
HASH_BYTES = 16
_ROW = np.dtype([("high", ">u8"), ("low", ">u8"), ("page", ">u4"), ("item", ">u2")])
"""A hash and the address of its row, as PostgreSQL sends them."""


def each(digests: bytes) -> list[bytes]:
    """Digests that stand one behind the other."""
    return [digests[at : at + HASH_BYTES] for at in range(0, len(digests), HASH_BYTES)]


class KnownContent:
    """The hashes in the table's order, and which of them came again.

    Of two hashes that agree in their first half one is looked at as new.

    Attributes:
        existing: records of the table, those without such a hash included.
    """

    def __init__(self, high: Any, low: Any, address: Any = None, existing: int = 0) -> None:
        self._high, self._low = high, low
        self._sorted = np.argsort(high)
        self._address = np.zeros(len(high), "u8") if address is None else address
        self._ordinal = np.zeros(len(high), "i8")
        self._next = 0
        self.existing = existing

    def find(self, digests: bytes) -> Places:
        """Where each of these digests, one behind the other, is known; -1 for those that are not."""
        if not len(self._high):
            return np.full(len(digests) // HASH_BYTES, -1)
        halves = np.frombuffer(digests, dtype=">u8").astype("u8").reshape(-1, 2)
        places = self._found_in_line(halves)
        missed = np.flatnonzero(places < 0)
        if len(missed):
            places[missed] = self._searched(halves[missed])
        known = places[places >= 0]
        if len(known):
            self._next = int(known[-1]) + 1
        return places

    def _found_in_line(self, halves: Any) -> Places:
        """Most records of a listing come in the order in which they came the last time."""
        high, low = (column[self._next : self._next + len(halves)] for column in (self._high, self._low))
        same = (high == halves[: len(high), 0]) & (low == halves[: len(high), 1])
        places = np.full(len(halves), -1)
        places[: len(high)][same] = np.flatnonzero(same) + self._next
        return places

    def _searched(self, halves: Any) -> Places:
        at = np.searchsorted(self._high, halves[:, 0], sorter=self._sorted)
        places = self._sorted[np.minimum(at, len(self._sorted) - 1)]
        same = (self._high[places] == halves[:, 0]) & (self._low[places] == halves[:, 1])
        return np.where(same, places, -1)

    def note(self, places: Sequence[int] | Places, ordinals: Sequence[int] | Places) -> int:
        """Take note of what came, as which record of the batch (from 1); returns how many had come before."""
        found, came_as = np.asarray(places, "i8"), np.asarray(ordinals, "i8")
        if (found[1:] <= found[:-1]).any():
            found, first = np.unique(found, return_index=True)
            came_as = came_as[first]
        is_new = self._ordinal[found] == 0
        self._ordinal[found[is_new]] = came_as[is_new]
        return len(places) - int(np.count_nonzero(is_new))

    def came(self) -> tuple[bool, list[bytes]]:
        """True and the digests that came; or False and those that did not, where these are fewer."""
        is_there = self._ordinal > 0
        few_came = bool(np.count_nonzero(is_there) * 2 < len(is_there))
        chosen = is_there if few_came else ~is_there
        return few_came, self._digests(chosen)

    def _digests(self, chosen: Any) -> list[bytes]:
        return each(np.stack([self._high[chosen], self._low[chosen]], axis=1).astype(">u8").tobytes())

    def absent(self) -> tuple[list[str], list[bytes]] | None:
        """Rows (``ctid``) and digests of the existing records that did not come so; None where some have no digest."""
        if len(self._ordinal) < self.existing:
            return None
        is_absent = self._ordinal == 0
        rows = [f"({one >> 16},{one & 0xFFFF})" for one in self._address[is_absent].tolist()]
        return rows, self._digests(is_absent)

    def ordinals(self, digests: Sequence[bytes]) -> list[int]:
        """As which record of the batch each of these, all known, came first."""
        found: list[int] = self._ordinal[self.find(b"".join(digests))].tolist()
        return found


NOTHING_KNOWN = KnownContent(np.empty(0, "u8"), np.empty(0, "u8"))


def fetch_known(cursor: psycopg.Cursor[Any], name: str) -> KnownContent:
    """What ``raw.<name>`` holds as existing."""
    # One value instead of a row each: a row costs the driver more than its sixteen bytes are worth.
    query = (
        f"select string_agg(raw_hash || tidsend(ctid), ''::bytea) filter (where length(raw_hash) = {HASH_BYTES}),"
        f" count(*) from raw.{name} where deleted_at is null"
    )
    row = cursor.execute(query, binary=True).fetchone()
    found = np.frombuffer((row and row[0]) or b"", dtype=_ROW)
    address = found["page"].astype("u8") << np.uint64(16) | found["item"]
    return KnownContent(found["high"].astype("u8"), found["low"].astype("u8"), address, row[1] if row else 0)
