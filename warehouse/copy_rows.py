"""Rows of PostgreSQL's COPY binary format: the good records of a batch.

Against the text format PostgreSQL is spared looking at each byte for tabs, line ends and backslashes, and reading
digests from hexadecimal digits: a quarter of what a row costs it.
"""

from __future__ import annotations

import functools
import hashlib
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warehouse.known import HASH_BYTES

COLUMNS = "ordinal, raw_hash, payload_hash, fetched_at, part, payload, record_key, position"
"""In the order in which a row gives them: those of a fixed length, and those that many rows share, come first."""
START = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
END = b"\xff\xff"
_FIELDS = COLUMNS.count(",") + 1
_JSONB_VERSION = 1
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_PAYLOAD_HASH = hashlib.blake2b(digest_size=HASH_BYTES)
_LENGTH = struct.Struct("!i").pack


@functools.lru_cache(maxsize=256)
def origin(part: str, fetched_at: str) -> bytes:
    """What many rows share: a part and when it came (ISO 8601, with its offset from UTC)."""
    name = clean(part)
    microseconds = (datetime.fromisoformat(fetched_at) - _EPOCH) // timedelta(microseconds=1)
    return b"%b%b%b%b" % (_LENGTH(8), struct.pack("!q", microseconds), _LENGTH(len(name)), name)


def good_rows(
    ordinals: Sequence[int] | NDArray[np.int64], keys: Sequence[str], payloads: Sequence[bytes],
    digests: bytes, positions: Sequence[bytes], came_from: bytes,
) -> bytes:  # fmt: skip
    """Rows of the batch table.

    Args:
        digests: one behind the other.
        positions: as ``clean`` gives them.
        came_from: as ``origin`` gives it.
    """
    heads = np.empty(len(payloads), _head(len(came_from)))
    heads["fields"], heads["ordinal_length"], heads["ordinal"] = _FIELDS, 8, ordinals
    for name, hashes in (("raw", digests), ("payload", _hashes(payloads))):
        heads[f"{name}_length"] = HASH_BYTES
        heads[name] = np.frombuffer(hashes, "u1").reshape(-1, HASH_BYTES)
    heads["origin"] = np.frombuffer(came_from, "u1")
    heads["length"], heads["version"] = _lengths(payloads) + 1, _JSONB_VERSION
    named = _texts(keys)
    pieces = [b""] * (6 * len(payloads))
    pieces[0::6], pieces[1::6] = _slices(heads), payloads
    pieces[2::6], pieces[3::6] = _prefixes(named), named
    pieces[4::6], pieces[5::6] = _prefixes(positions), positions
    return b"".join(pieces)


@functools.lru_cache(maxsize=64)
def _head(origin_length: int) -> np.dtype[np.void]:
    """The fields before a payload, each behind its length."""
    return np.dtype([
        ("fields", ">i2"), ("ordinal_length", ">i4"), ("ordinal", ">i8"),
        ("raw_length", ">i4"), ("raw", "u1", HASH_BYTES), ("payload_length", ">i4"), ("payload", "u1", HASH_BYTES),
        ("origin", "u1", origin_length), ("length", ">i4"), ("version", "u1"),
    ])  # fmt: skip


def _hashes(payloads: Sequence[bytes]) -> bytes:
    hashes, start = [], _PAYLOAD_HASH.copy
    for payload in payloads:
        hasher = start()
        hasher.update(payload)
        hashes.append(hasher.digest())
    return b"".join(hashes)


def _prefixes(texts: Sequence[bytes]) -> list[bytes]:
    """The length of each as it stands before it; keys and positions often all have one."""
    first = len(texts[0])
    if list(map(len, texts)).count(first) == len(texts):
        return [_LENGTH(first)] * len(texts)
    return _slices(_lengths(texts))


def _lengths(texts: Sequence[bytes]) -> NDArray[np.int32]:
    return np.fromiter(map(len, texts), ">i4", len(texts))


def _slices(rows: NDArray[Any]) -> list[bytes]:
    """The bytes of each."""
    joined, length = rows.tobytes(), rows.dtype.itemsize
    return [joined[at : at + length] for at in range(0, len(joined), length)]


def _texts(values: Sequence[str]) -> list[bytes]:
    return list(map(str.encode if "".join(values).isprintable() else clean, values))


def clean(value: str) -> bytes:
    """A text that PostgreSQL takes: it has no NUL and no half of a surrogate pair."""
    return value.encode(errors="replace").replace(b"\x00", b"")
