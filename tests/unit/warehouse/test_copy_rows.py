"""Rows in PostgreSQL's COPY binary format say what they were made of."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from warehouse.copy_rows import COLUMNS, clean, good_rows, origin

NAMES = COLUMNS.split(", ")
ROWS = st.lists(
    st.tuples(st.integers(1, 2**62), st.text(max_size=30), st.binary(max_size=600), st.binary(min_size=16, max_size=16),
              st.text(max_size=20)),
    min_size=1, max_size=5,
)  # fmt: skip


def fields_of(rows: bytes) -> Iterator[dict[str, bytes]]:
    """The fields of each row, read as the format is described (PostgreSQL, COPY, "Binary Format")."""
    at = 0
    while at < len(rows):
        [fields] = struct.unpack_from("!h", rows, at)
        at += 2
        found = []
        for _ in range(fields):
            [length] = struct.unpack_from("!i", rows, at)
            found.append(rows[at + 4 : at + 4 + length])
            at += 4 + length
        yield dict(zip(NAMES, found, strict=True))


def stored(text: str) -> bytes:
    return text.encode(errors="replace").replace(b"\0", b"")


@given(ROWS, st.text(max_size=300))
def test_rows_are_what_they_were_made_of(rows: list[tuple[int, str, bytes, bytes, str]], part: str) -> None:
    ordinals, keys, payloads, digests, positions = zip(*rows, strict=True)
    came_from = origin(part, "2000-01-01T01:00:02+01:00")
    written = good_rows(ordinals, keys, payloads, b"".join(digests), list(map(clean, positions)), came_from)
    for row, fields in zip(rows, fields_of(written), strict=True):
        ordinal, key, payload, digest, position = row
        assert fields == {
            "ordinal": struct.pack("!q", ordinal), "raw_hash": digest,
            "payload_hash": hashlib.blake2b(payload, digest_size=16).digest(),
            "fetched_at": struct.pack("!q", 2_000_000), "part": stored(part), "payload": b"\x01" + payload,
            "record_key": stored(key), "position": stored(position),
        }  # fmt: skip
