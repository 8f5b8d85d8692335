"""Lines of PostgreSQL's COPY text format: one record in a batch table, or what of it is rejected."""

from __future__ import annotations

import functools
import hashlib
from binascii import hexlify
from collections.abc import Iterable, Sequence

from connectors.core.errors import Defect
from connectors.core.source import RawRecord
from warehouse.records import MAX_RECORD_BYTES, Checked, canonical_json, shortened, without_nul

_PAYLOAD_HASH = hashlib.blake2b(digest_size=16)


def good_line(
    ordinal: int, key: str, payload: bytes, digest: bytes, came_from: tuple[bytes, bytes], position: str
) -> bytes:
    """A row of the batch table; ``came_from`` as ``origin`` gives it."""
    part, fetched_at = came_from
    hasher = _PAYLOAD_HASH.copy()
    hasher.update(payload)
    return b"%d\t%b\t%b\t\\\\x%b\t\\\\x%b\t%b\t%b\t%b\n" % (
        ordinal, _text(key),
        # JSON has no raw tab, line end or NUL: only its own backslashes are in the way.
        payload.replace(b"\\", b"\\\\") if b"\\" in payload else payload,
        hexlify(digest), hexlify(hasher.digest()), part, _text(position), fetched_at,
    )  # fmt: skip


def good_lines(
    ordinals: Iterable[int], keys: Sequence[str], body: bytes, digests: Sequence[bytes], numbers: Iterable[int],
    label: str, came_from: tuple[bytes, bytes],
) -> bytes:  # fmt: skip
    """Rows of the batch table as ``good_line`` writes them one by one.

    Args:
        body: the payloads, a line each.
        numbers, label: give the positions.
    """
    payloads = body[:-1].split(b"\n")
    hashes = []
    start = _PAYLOAD_HASH.copy
    for payload in payloads:
        hasher = start()
        hasher.update(payload)
        hashes.append(hasher.digest())
    if b"\\" in body:
        payloads = [payload.replace(b"\\", b"\\\\") for payload in payloads]
    part, fetched_at = (constant.replace(b"%", b"%%") for constant in came_from)
    line = b"%%d\t%%b\t%%b\t\\\\x%%b\t\\\\x%%b\t%b\t%b %%d\t%b\n" % (
        part, _text(label).replace(b"%", b"%%"), fetched_at
    )  # fmt: skip
    rows = zip(ordinals, _texts(keys), payloads, _in_hex(digests), _in_hex(hashes), numbers, strict=True)
    return b"".join(map(line.__mod__, rows))


def _in_hex(digests: Sequence[bytes]) -> list[bytes]:
    """Digests of one length."""
    joined, length = hexlify(b"".join(digests)), 2 * len(digests[0])
    return [joined[at : at + length] for at in range(0, len(joined), length)]


def _texts(values: Sequence[str]) -> list[bytes]:
    joined = " ".join(values)
    if "\\" not in joined and joined.isprintable():
        return [value.encode() for value in values]
    return list(map(_text, values))


def bad_lines(
    checked: Checked, digest: bytes, part: str, record: RawRecord, ordinal: int, *, set_aside: bool
) -> list[bytes]:
    """What of a record goes to the rejects: the ``record``, a ``value`` of it, or a ``column`` yet to be judged.

    Args:
        set_aside: the stream's policy keeps unknown codes as rejects of their own.
    """
    if not checked.defects:
        return []
    body = canonical_json(record.data)
    if len(body) > MAX_RECORD_BYTES:
        body = canonical_json(shortened(record.data))

    def line(kind: str, defects: tuple[Defect, ...]) -> bytes:
        errors = without_nul(canonical_json([defect.as_dict() for defect in defects]))
        fields = (
            part.encode(), record.position.encode(errors="replace"),
            checked.key.encode(errors="replace") if checked.key else None, errors, without_nul(body),
            b"\\x" + hexlify(digest), kind.encode(), b"%d" % ordinal, _array(checked.dropped),
        )  # fmt: skip
        return b"\t".join(b"\\N" if field is None else _escape(field) for field in fields) + b"\n"

    if not checked.payload:
        return [line("record", checked.defects)]
    lines = [line("column", checked.defects)] if checked.dropped else []
    if checked.codes and set_aside:
        lines.append(line("value", checked.codes))
    return lines


def _array(values: tuple[str, ...]) -> bytes:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return ("{" + ",".join(f'"{value}"' for value in quoted) + "}").encode(errors="replace")


def _text(value: str) -> bytes:
    """A text; most have nothing in them that COPY would take for a sign of its own."""
    if value.isprintable() and "\\" not in value:
        return value.encode()
    return _escape(value.encode(errors="replace"))


@functools.lru_cache(maxsize=256)
def origin(part: str, fetched_at: str) -> tuple[bytes, bytes]:
    """What many lines share: a part and when it came."""
    return _text(part), _text(fetched_at)


def _escape(field: bytes) -> bytes:
    if b"\\" in field:
        field = field.replace(b"\\", b"\\\\")
    if b"\t" in field or b"\n" in field or b"\r" in field:
        field = field.replace(b"\t", b"\\t").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return field.replace(b"\x00", b"")
