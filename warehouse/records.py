"""One record: its stable bytes, its check against the contract, its line in PostgreSQL's COPY text format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import ValidationError

from connectors.core.errors import Defect
from connectors.core.source import RawRecord

_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
# A well-formed pair is matched first and kept.
_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)(\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\ud[89a-f][0-9a-f]{2})", re.IGNORECASE
)
_PAIR_LENGTH = 12
_SHOWN_VALUE = 200


def validate(contract: type[Any], record: RawRecord) -> tuple[str | None, bytes, list[Defect]]:
    """Key, payload and every defect of one record, the reader's and the contract's together."""
    defects = [d for d in record.defects if isinstance(d, Defect)]
    data = {name: value for name, value in record.data.items() if name not in contract.IGNORED}
    try:
        checked = contract.model_validate(data)
    except ValidationError as error:
        defects += [_defect(item) for item in error.errors(include_url=False, include_context=False)]
        return _raw_key(contract, data), b"", defects
    key = checked.record_key()
    if defects:
        return key, b"", defects
    return key, without_nul(checked.model_dump_json().encode()), []


def _raw_key(contract: type[Any], data: Mapping[str, Any]) -> str | None:
    """The key of a record that failed, if its key fields can be read: its last good version must survive."""
    try:
        return str(contract.model_construct(**data).record_key())
    except Exception:  # any failure only means that the key is unknown
        return None


def _defect(item: Mapping[str, Any]) -> Defect:
    value = item.get("input")
    shown = None if item["type"] == "missing" else str(value)[:_SHOWN_VALUE]
    return Defect(".".join(str(part) for part in item["loc"]) or "record", shown, item["type"], item["msg"])


def canonical_json(data: Any) -> bytes:
    """Stable JSON bytes of a raw record, whatever it holds: the basis of its hash and of its reject."""
    try:
        return orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    except TypeError:  # lone surrogates, integers above 64 bits
        return json.dumps(data, sort_keys=True, default=str).encode()


def without_nul(body: bytes) -> bytes:
    """JSON without escaped NULs and lone surrogates, which PostgreSQL refuses; U+FFFD marks the place."""
    if b"\\u" not in body:
        return body
    body = _NUL.sub(rb"\1\\ufffd", body)
    return _SURROGATE.sub(lambda m: m[0] if len(m[2]) == _PAIR_LENGTH else m[1] + b"\\ufffd", body)


def copy_int(value: int) -> bytes:
    """An integer in COPY text format."""
    return b"%d" % value


def copy_bytea(value: bytes) -> bytes:
    """A bytea in COPY text format, before escaping."""
    return b"\\x" + value.hex().encode()


def copy_line(*fields: bytes | None) -> bytes:
    """One line of PostgreSQL's COPY text format."""
    return b"\t".join(b"\\N" if field is None else _escape(field) for field in fields) + b"\n"


def _escape(field: bytes) -> bytes:
    if b"\\" in field:
        field = field.replace(b"\\", b"\\\\")
    if b"\t" in field or b"\n" in field or b"\r" in field:
        field = field.replace(b"\t", b"\\t").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return field.replace(b"\x00", b"")
