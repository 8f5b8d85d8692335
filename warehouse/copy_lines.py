"""Lines of PostgreSQL's COPY text format: what of a record is rejected."""

from __future__ import annotations

from binascii import hexlify

from connectors.core.errors import Defect
from connectors.core.source import RawRecord
from warehouse.records import MAX_RECORD_BYTES, Checked, canonical_json, shortened, without_nul


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


def _escape(field: bytes) -> bytes:
    if b"\\" in field:
        field = field.replace(b"\\", b"\\\\")
    if b"\t" in field or b"\n" in field or b"\r" in field:
        field = field.replace(b"\t", b"\\t").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return field.replace(b"\x00", b"")
