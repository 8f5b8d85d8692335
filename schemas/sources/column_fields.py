"""One field of a contract, asked for a whole column of cells: see ``schemas.sources.columns``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, cast

import numpy as np
from pydantic_core import CoreSchema, SchemaSerializer, SchemaValidator, ValidationError, core_schema

from schemas.sources.quick import shortened

_REMEMBERED = 2_000
_LONG = 200
_LONG_BODY = 5_000
_SIMPLE = frozenset({str, bool, date, type(None)})
"""Types of which no two values are equal and mean something else (as ``1``, ``1.0`` and ``True`` do)."""
# Possessive: there is one way to read a number, and nothing to go back for.
_NUMBERS = re.compile(r"(?:(?:-?+(?:0|[1-9][0-9]{0,14}+)(?:\.[0-9]{1,6}+)?+)?+\n)*+")
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b'"\\') | {0x0A})
# The signs above ASCII that ``USUAL_TEXT`` takes, in UTF-8.
_LATIN = re.compile(
    rb"(?:(?:[\xc3-\xc8][\x80-\xbf])++|\xc2[\xa1-\xbf]|\xc9[\x80-\x8f]|\xe2\x80[\x90-\xa7]|\xe2\x82\xac)*+"
)
_Pair = tuple[Any, str | None]
REFUSED: _Pair = (None, None)


class Column(NamedTuple):
    """The cells of one column, read.

    Attributes:
        json: JSON text of each cell; None where the contract must be asked.
        is_bare: the quotation marks are still missing.
        values: as the contract gives them; only where they were asked for, or it is a mandatory text.
    """

    json: Sequence[str | None]
    is_bare: bool
    values: Sequence[Any]


def are_plain(body: bytes, sign: bytes = b"\n") -> bool:
    """Whether texts are empty or such that no cleaning and no escaping changes them.

    Args:
        body: the texts in UTF-8, each with the sign behind it.
        sign: what parts the texts, one byte; it may be that some of them are line ends.
    """
    if body[:1] == b" " or _meet(body, sign, b" ") or _meet(body, b" ", sign):
        return False
    left = body.translate(None, _PLAIN + sign)
    return not left or _LATIN.fullmatch(left) is not None


def are_filled(body: bytes, sign: bytes = b"\n") -> bool:
    """Whether none of the texts, each with the sign behind it, is empty."""
    return body[:1] != sign and not _meet(body, sign, sign)


def _meet(body: bytes, one: bytes, other: bytes) -> bool:
    """Whether one byte stands before the other anywhere."""
    if len(body) < _LONG_BODY:
        return one + other in body
    # Where either is frequent this takes a tenth of what a search for the two takes.
    found = np.frombuffer(body, "u1")
    return bool(((found[:-1] == one[0]) & (found[1:] == other[0])).any())


def _encodes(text: str) -> bool:
    """Whether a text is plain and without a lone surrogate."""
    try:
        return are_plain(text.encode())
    except UnicodeEncodeError:
        return False


class _Memo(dict[Any, _Pair]):
    """What a field makes of a value, asked once."""

    def __init__(self, ask: Callable[[Any], _Pair]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, value: Any) -> _Pair:
        if isinstance(value, str) and len(value) > _LONG:  # hardly comes again
            return self._ask(value)
        if len(self) >= _REMEMBERED:
            self.clear()
        pair = self[value] = self._ask(value)
        return pair


class Field:
    """One field of a contract."""

    def __init__(self, schema: Any, config: Any, wrap: Callable[[Any], Any]) -> None:
        self.kind = _kind(schema)
        short = cast("CoreSchema", wrap(shortened(schema)))
        self._validator = SchemaValidator(short, config, _use_prebuilt=False)
        self._serializer = SchemaSerializer(cast("CoreSchema", wrap(schema)), config)
        self._memo, self._numbers = _Memo(self._ask), _Memo(self._ask)

    def _ask(self, value: Any) -> _Pair:
        try:
            valid = self._validator.validate_python(value)
        except ValidationError:
            return REFUSED
        written = self._serializer.to_json(valid).decode()
        return REFUSED if "\\u" in written else (valid, written)

    def absent(self) -> _Pair:
        """What the field is where a record does not have it."""
        default = self._validator.get_default_value()
        return REFUSED if default is None else (default.value, self._serializer.to_json(default.value).decode())

    def column(
        self, cells: Sequence[Any], with_values: bool, *, is_plain: bool = False, is_filled: bool = False
    ) -> Column:
        """The cells as the contract reads and writes them.

        Args:
            is_plain: they are texts, as ``are_plain`` has them.
            is_filled: none of them is an empty text.
        """
        if is_plain and self.kind in ("text", "word"):
            plain = Column(cells, True, cells) if is_filled else self._plain(cells, with_values)
            return plain or self._one_by_one(cells, {str})
        types = set(map(type, cells))
        found = self._usual(cells, types, with_values) if self.kind else None
        return found or self._one_by_one(cells, types)

    def _usual(self, cells: Sequence[Any], types: set[type], with_values: bool) -> Column | None:
        if types == {Decimal} and self.kind == "number":
            cells = list(map(str, cells))
        elif types == {str, type(None)} and self.kind != "word":
            cells = [cell or "" for cell in cells]
        elif types != {str}:
            return None
        joined = "\n".join(cells) + "\n"
        if self.kind != "number":
            is_plain = joined.count("\n") == len(cells) and _encodes(joined)
            return self._plain(cells, with_values) if is_plain else None
        if not _NUMBERS.fullmatch(joined):
            return None
        values = [Decimal(cell) if cell else None for cell in cells] if with_values else ()
        has_blank = joined[0] == "\n" or "\n\n" in joined
        return Column(_or_null(cells), False, values) if has_blank else Column(cells, True, values)

    def _plain(self, cells: Sequence[str], with_values: bool) -> Column | None:
        """A column of plain texts; None where one is missing that must be there."""
        if "" not in cells:
            return Column(cells, True, cells)
        if self.kind == "word":
            return None
        return Column(_or_null(cells), False, [cell or None for cell in cells] if with_values else cells)

    def _one_by_one(self, cells: Sequence[Any], types: set[type]) -> Column:
        if types <= _SIMPLE:
            pairs = list(map(self._memo.__getitem__, cells))
        elif types == {int}:
            pairs = list(map(self._numbers.__getitem__, cells))
        elif types == {list} and not any(cells):
            pairs = [self._ask([])] * len(cells)
        else:
            pairs = list(map(self._ask, cells))
        values, written = zip(*pairs, strict=True)
        return Column(written, False, values)


def _kind(schema: Any) -> str:
    """``text`` and ``number``: in the usual writing or nothing; ``word``: a text, not empty; else an empty string."""
    while schema["type"] == "default":
        schema = schema["schema"]
    if schema["type"] == "str" and not set(schema) - {"type", "metadata", "min_length"}:
        return "word" if schema.get("min_length", 0) <= 1 else ""
    return str((schema.get("metadata") or {}).get("usual_kind", ""))


def _or_null(cells: Sequence[str]) -> list[str | None]:
    return [f'"{cell}"' if cell else "null" for cell in cells]


def fields_of(contract: Any) -> dict[str, Field]:
    """The fields in the contract's order."""
    schema: Any = contract.__pydantic_core_schema__
    definitions: list[Any] = []
    config: Any = {}
    while schema["type"] != "model-fields":
        definitions += schema.get("definitions", [])
        config = schema.get("config") or config
        schema = schema["schema"]

    def wrap(field: Any) -> Any:
        return core_schema.definitions_schema(field, definitions) if definitions else field

    return {name: Field(field["schema"], config, wrap) for name, field in schema["fields"].items()}
