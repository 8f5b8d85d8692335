"""Which raw contents a stream's table holds already: 16 bytes a record in memory, whatever a record weighs.

Records whose content is known are neither read nor validated nor sent to PostgreSQL; it only hears which they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg

HASH_BYTES = 16


class KnownContent:
    """The hashes, sorted by their first half; two of them that agree in it are both looked at as new."""

    def __init__(self, high: Any, low: Any) -> None:
        order = np.argsort(high)
        self._high, self._low = high[order], low[order]

    def among(self, digests: Sequence[bytes]) -> list[bool]:
        """Which of these digests are known."""
        if not len(self._high):
            return [False] * len(digests)
        halves = np.frombuffer(b"".join(digests), dtype=">u8").astype("u8").reshape(-1, 2)
        at = np.minimum(np.searchsorted(self._high, halves[:, 0]), len(self._high) - 1)
        found: list[bool] = ((self._high[at] == halves[:, 0]) & (self._low[at] == halves[:, 1])).tolist()
        return found


NOTHING_KNOWN = KnownContent(np.empty(0, "u8"), np.empty(0, "u8"))


def fetch_known(cursor: psycopg.Cursor[Any], name: str) -> KnownContent:
    """What ``raw.<name>`` holds as existing."""
    # One value instead of a row each: a row costs the driver more than its sixteen bytes are worth.
    query = (
        f"select string_agg(raw_hash, ''::bytea) from raw.{name}"
        f" where deleted_at is null and length(raw_hash) = {HASH_BYTES}"
    )
    row = cursor.execute(query, binary=True).fetchone()
    halves = np.frombuffer((row and row[0]) or b"", dtype=">u8").astype("u8").reshape(-1, 2)
    return KnownContent(halves[:, 0], halves[:, 1])
