"""Which raw contents a stream's table holds already: 16 bytes a record in memory, whatever a record weighs.

Records whose content is known are neither read nor validated nor sent to PostgreSQL; it only hears which they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg

HASH_BYTES = 16
_HEADER_BYTES = 19
_ROW = np.dtype([("fields", ">i2"), ("bytes", ">i4"), ("high", ">u8"), ("low", ">u8")])
"""A row of one 16-byte value in PostgreSQL's binary COPY format, which begins with 19 bytes and ends with two."""


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
    query = f"copy (select raw_hash from raw.{name} where deleted_at is null and length(raw_hash) = {HASH_BYTES})"
    high, low, rest = [], [], b""
    with cursor.copy(f"{query} to stdout (format binary)") as copy:
        for number, block in enumerate(copy):
            rest += block[_HEADER_BYTES:] if number == 0 else block
            rows = np.frombuffer(rest[: len(rest) // _ROW.itemsize * _ROW.itemsize], dtype=_ROW)
            high.append(rows["high"].astype("u8"))
            low.append(rows["low"].astype("u8"))
            rest = rest[rows.nbytes :]
    return KnownContent(np.concatenate(high), np.concatenate(low))
