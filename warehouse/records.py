"""One record: its stable bytes, its check against the contract, its line in PostgreSQL's COPY text format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from connectors.core.errors import Defect
from connectors.core.source import Drift, RawRecord
from schemas.sources.columns import payload_of
from schemas.sources.quick import quick_validator
from warehouse.drift import CODE_RULES, UNKNOWN_RULES, BatchDrift, unknown_column_message

_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
# A well-formed pair is matched first and kept.
_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)(\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\ud[89a-f][0-9a-f]{2})", re.IGNORECASE
)
_PAIR_LENGTH = 12
_SHOWN_VALUE = 200
MAX_RECORD_BYTES = 10_000_000
MAX_KEY_BYTES = 1_000
"""A B-tree entry of PostgreSQL holds at most 2,704 bytes; one key beyond it would stop the whole batch."""


class Checked(NamedTuple):
    """What the contract says of one record.

    Attributes:
        key: None where it cannot be read.
        payload: the record as stored, empty where it is rejected.
        defects: everything that is wrong with it. A record may have defects and a payload: it is then loaded
            without ``dropped``, if the batch as a whole says so.
        dropped: unknown columns that were left out.
    """

    key: str | None
    payload: bytes
    defects: tuple[Defect, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[Defect, ...]:
        """Defects that are values unknown to an enumeration."""
        return tuple(defect for defect in self.defects if defect.rule in CODE_RULES)


def validate(contract: type[Any], record: RawRecord) -> tuple[str | None, bytes, list[Defect]]:
    """Key, payload and every defect of one record on its own, as strictly as the contract says."""
    checked = check_record(contract, record, BatchDrift(contract, Drift()))
    return checked.key, checked.payload, list(checked.defects)


def check_record(contract: type[Any], record: RawRecord, drift: BatchDrift) -> Checked:
    """Key, payload and every defect of one record, the reader's and the contract's together.

    Args:
        drift: policy for unknown columns and codes, and where they are counted.
    """
    data = record.data
    if not isinstance(data, Mapping):
        return Checked(None, b"", (Defect("record", _shown(data), "not_an_object", "expected an object"),))
    if not contract.IGNORED.isdisjoint(data):
        data = {name: value for name, value in data.items() if name not in contract.IGNORED}
    found = [d for d in record.defects if isinstance(d, Defect)] if record.defects else []
    for defect in found:
        if defect.rule in UNKNOWN_RULES:
            drift.see_unread(defect.field)
    try:
        checked = _validated(contract, data)
    except ValidationError as error:
        return _softened(contract, data, [*found, *_defects(error, drift)], drift)
    return _softened(contract, data, found, drift) if found else _keyed(checked)


def _validated(contract: Any, data: Mapping[str, Any]) -> Any:
    try:
        return quick_validator(contract).validate_python(data)
    except ValidationError:
        return contract.model_validate(data)


def _keyed(checked: Any) -> Checked:
    key = checked.record_key()
    if not key or (len(key) > MAX_KEY_BYTES // 4 and len(key.encode()) > MAX_KEY_BYTES):
        rule = "key_too_long" if key else "empty_key"
        message = f"its key has more than {MAX_KEY_BYTES} bytes" if key else "its key is empty"
        return Checked(None, b"", (Defect("record", _shown(key), rule, message),))
    payload = payload_of(checked)
    if len(payload) > MAX_RECORD_BYTES:
        message = f"a record of {len(payload):,} bytes, at most {MAX_RECORD_BYTES:,}; the landing keeps it"
        return Checked(key, b"", (Defect("record", None, "record_too_large", message),))
    return Checked(key, without_nul(payload))


def is_usual(key: str, payload: bytes) -> bool:
    """Neither the key nor the payload is near its bounds."""
    return 0 < len(key) <= MAX_KEY_BYTES // 4 and len(payload) <= MAX_RECORD_BYTES // 4


def _softened(contract: type[Any], data: Mapping[str, Any], defects: list[Defect], drift: BatchDrift) -> Checked:
    """The record without what the stream's drift policy lets go of, if nothing else is wrong with it."""
    for defect in defects:
        if defect.rule in CODE_RULES:
            drift.see_code(defect.field, defect.value)
    rejected = Checked(_raw_key(contract, data), b"", tuple(defects))
    if not all(_may_go(defect, drift.policy) for defect in defects):
        return rejected
    gone = {defect.field for defect in defects}
    try:
        checked = contract.model_validate({name: value for name, value in data.items() if name not in gone})
    except ValidationError:  # the field is mandatory
        return rejected
    kept = _keyed(checked)
    dropped = tuple(sorted(defect.field for defect in defects if defect.rule in UNKNOWN_RULES))
    return Checked(kept.key, kept.payload, tuple(defects) + kept.defects, dropped)


def _may_go(defect: Defect, policy: Drift) -> bool:
    if defect.rule in UNKNOWN_RULES:
        return policy.unknown_column == "warn" and "." not in defect.field
    return defect.rule in CODE_RULES and policy.new_code != "reject"


def _raw_key(contract: type[Any], data: Mapping[str, Any]) -> str | None:
    """The key of a record that failed, if its key fields can be read: its last good version must survive."""
    try:
        key = str(contract.model_construct(**data).record_key())
    except Exception:  # any failure only means that the key is unknown
        return None
    return key if key and len(key.encode(errors="replace")) <= MAX_KEY_BYTES else None


def _defects(error: ValidationError, drift: BatchDrift) -> list[Defect]:
    return [_defect(item, drift) for item in error.errors(include_url=False, include_context=False)]


def _defect(item: Mapping[str, Any], drift: BatchDrift) -> Defect:
    shown = None if item["type"] == "missing" else _shown(item.get("input"))
    field, message = ".".join(str(part) for part in item["loc"]) or "record", item["msg"]
    if item["type"] == "extra_forbidden" and len(item["loc"]) == 1:
        message = unknown_column_message(field, drift.known)
    return Defect(field, shown, item["type"], message)


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)[:_SHOWN_VALUE]


def shortened(data: Any) -> Any:
    """A record too large to be kept twice, with its values cut: enough to recognise it by."""
    if not isinstance(data, Mapping):
        return {"record": _shown(data)}
    return {str(name)[:_SHOWN_VALUE]: _shown(value) for name, value in list(data.items())[:_SHOWN_VALUE]}


def canonical_json(data: Any) -> bytes:
    """Stable JSON bytes of a raw record, whatever it holds: the basis of its hash and of its reject."""
    try:
        return orjson.dumps(data, option=orjson.OPT_SORT_KEYS, default=str)
    except TypeError:  # keys that are no texts, lone surrogates, integers above 64 bits
        return _unusual_json(data)


def _unusual_json(data: Any) -> bytes:
    try:
        return orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    except TypeError:
        return json.dumps(data, sort_keys=True, default=str).encode()


def without_nul(body: bytes) -> bytes:
    """JSON without escaped NULs and lone surrogates, which PostgreSQL refuses; U+FFFD marks the place."""
    if b"\\u" not in body:
        return body
    body = _NUL.sub(rb"\1\\ufffd", body)
    return _SURROGATE.sub(lambda m: m[0] if len(m[2]) == _PAIR_LENGTH else m[1] + b"\\ufffd", body)
