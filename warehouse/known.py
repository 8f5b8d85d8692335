"""Which raw contents a stream's table holds already: 24 bytes a record in memory, whatever a record weighs.

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
IS_KNOWN = f"deleted_at is null and length(raw_hash) = {HASH_BYTES}"


class KnownContent:
    """The hashes, sorted by their first half, and which of them came again.

    Of two hashes that agree in their first half one is looked at as new.
    """

    def __init__(self, high: Any, low: Any) -> None:
        order = np.argsort(high)
        self._high, self._low = high[order], low[order]
        self._ordinal = np.zeros(len(order), "i8")

    def find(self, digests: Sequence[bytes]) -> Places:
        """Where each of these digests is known; -1 for those that are not."""
        if not len(self._high):
            return np.full(len(digests), -1)
        halves = np.frombuffer(b"".join(digests), dtype=">u8").astype("u8").reshape(-1, 2)
        at = np.minimum(np.searchsorted(self._high, halves[:, 0]), len(self._high) - 1)
        same = (self._high[at] == halves[:, 0]) & (self._low[at] == halves[:, 1])
        return np.where(same, at, -1)

    def note(self, places: Sequence[int] | Places, ordinals: Sequence[int] | Places) -> int:
        """Take note of what came, as which record of the batch (from 1); returns how many had come before."""
        found, first = np.unique(np.asarray(places, "i8"), return_index=True)
        is_new = self._ordinal[found] == 0
        self._ordinal[found[is_new]] = np.asarray(ordinals, "i8")[first[is_new]]
        return len(places) - int(np.count_nonzero(is_new))

    def came(self) -> tuple[bool, list[bytes]]:
        """True and the digests that came; or False and those that did not, where these are fewer."""
        is_there = self._ordinal > 0
        few_came = bool(np.count_nonzero(is_there) * 2 < len(is_there))
        chosen = is_there if few_came else ~is_there
        halves = np.stack([self._high[chosen], self._low[chosen]], axis=1).astype(">u8").tobytes()
        return few_came, [halves[at : at + HASH_BYTES] for at in range(0, len(halves), HASH_BYTES)]

    def ordinals(self, digests: Sequence[bytes]) -> list[int]:
        """As which record of the batch each of these, all known, came first."""
        found: list[int] = self._ordinal[self.find(digests)].tolist()
        return found


NOTHING_KNOWN = KnownContent(np.empty(0, "u8"), np.empty(0, "u8"))


def fetch_known(cursor: psycopg.Cursor[Any], name: str) -> KnownContent:
    """What ``raw.<name>`` holds as existing."""
    # One value instead of a row each: a row costs the driver more than its sixteen bytes are worth.
    query = f"select string_agg(raw_hash, ''::bytea) from raw.{name} where {IS_KNOWN}"
    row = cursor.execute(query, binary=True).fetchone()
    halves = np.frombuffer((row and row[0]) or b"", dtype=">u8").astype("u8").reshape(-1, 2)
    return KnownContent(halves[:, 0], halves[:, 1])
