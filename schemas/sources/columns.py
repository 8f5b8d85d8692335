"""A contract put to many records at once, column by column.

Records of one layout are turned into columns. A column of plain texts or of numbers in their usual writing is checked
as a whole; any other column value by value by the field's own validator, which remembers what it was asked before.
The payload of a record is then written from a template. What comes out is, byte for byte, what the contract makes of
the record; of a record that it might refuse nothing comes out, and the contract itself has to be asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, cast

from pydantic_core import CoreSchema, SchemaSerializer, SchemaValidator, ValidationError, core_schema

from schemas.sources.quick import shortened

_REMEMBERED = 2_000
_LONG = 200
_LAYOUTS = 500
_SIMPLE = frozenset({str, bool, date, type(None)})
"""Types of which no two values are equal and mean something else (as ``1``, ``1.0`` and ``True`` do)."""
_NUMBERS = re.compile(r"(?:(?:-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?)?\n)*")
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b'"\\') | {0x0A})
# The signs above ASCII that ``USUAL_TEXT`` takes, in UTF-8.
_LATIN = re.compile(rb"(?:\xc2[\xa1-\xbf]|[\xc3-\xc8][\x80-\xbf]|\xc9[\x80-\x8f]|\xe2\x80[\x90-\xa7]|\xe2\x82\xac)*")
_Pair = tuple[Any, str | None]
_REFUSED: _Pair = (None, None)


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


class Written(NamedTuple):
    """A record's key and its payload, JSON."""

    key: str
    payload: str


def are_plain(joined: str, cells: int) -> bool:
    """Whether these cells, each with a line end behind it, are texts that no cleaning and no escaping changes."""
    if "\n " in joined or " \n" in joined or joined[0] == " " or joined.count("\n") != cells:
        return False
    try:
        left = joined.encode().translate(None, _PLAIN)
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return not left or _LATIN.fullmatch(left) is not None


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


class _Field:
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
            return _REFUSED
        written = self._serializer.to_json(valid).decode()
        return _REFUSED if "\\u" in written else (valid, written)

    def absent(self) -> _Pair:
        """What the field is where a record does not have it."""
        default = self._validator.get_default_value()
        return _REFUSED if default is None else (default.value, self._serializer.to_json(default.value).decode())

    def column(self, cells: Sequence[Any], with_values: bool) -> Column:
        """The cells as the contract reads and writes them."""
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
        has_blank = joined[0] == "\n" or "\n\n" in joined
        values: Sequence[Any] = cells
        if self.kind == "number":
            if not _NUMBERS.fullmatch(joined):
                return None
            values = [Decimal(cell) if cell else None for cell in cells] if with_values else ()
        elif not are_plain(joined, len(cells)) or (has_blank and self.kind == "word"):
            return None
        elif has_blank and with_values:
            values = [cell or None for cell in cells]
        return Column(_or_null(cells), False, values) if has_blank else Column(cells, True, values)

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


class _Layout:
    """The columns that records of one layout have, in the contract's order, and what stands for the others."""

    def __init__(self, fields: Mapping[str, _Field], names: Sequence[str]) -> None:
        self.parts = [(name, field, names.index(name) if name in names else -1) for name, field in fields.items()]
        self.absent = {name: field.absent() for name, field, at in self.parts if at < 0}
        self._templates: dict[tuple[bool, ...], str] = {}

    def template(self, are_bare: tuple[bool, ...]) -> str:
        """A payload with ``%s`` for every cell."""
        if are_bare not in self._templates:
            bare = iter(are_bare)
            cells = (
                f'"{name}":'
                + (str(self.absent[name][1]).replace("%", "%%") if at < 0 else '"%s"' if next(bare) else "%s")
                for name, _field, at in self.parts
            )
            self._templates[are_bare] = "{" + ",".join(cells) + "}"
        return self._templates[are_bare]


class ColumnCheck:
    """A contract's fields, ready to be asked for whole columns."""

    def __init__(self, contract: Any) -> None:
        self._contract: Any = contract
        rules = contract.__pydantic_decorators__
        others = {name for name in rules.__slots__ if name != "model_validators" and getattr(rules, name)}
        found = [(rule.info.mode, rule.func) for rule in rules.model_validators.values()]
        self._before = [function for mode, function in found if mode == "before"]
        self._after = [function for mode, function in found if mode == "after"]
        # Rules of another kind may look at several fields at once: such a contract is asked record by record.
        self._is_able = not others and len(self._before) + len(self._after) == len(found)
        self._is_keyed = bool(contract.KEY) and not self._after
        self._fields = _fields(contract) if self._is_able else {}
        self._names = set(self._fields)
        self._layouts: dict[tuple[str, ...], _Layout | None] = {}

    def check(self, names: tuple[str, ...], records: Sequence[Mapping[str, Any]]) -> Sequence[Written | None]:
        """Key and payload of each record; None where the contract itself must be asked.

        Args:
            names: the fields of every one of these records, in their order.
            records: at least one.
        """
        nothing = [None] * len(records)
        if not self._is_able:
            return nothing
        if self._before:
            records = [self._prepared(record) for record in records]
            names = tuple(records[0])
            if any(tuple(record) != names for record in records):
                return nothing
        layout = self._layout(names)
        if layout is None:
            return nothing
        cells = list(zip(*[record.values() for record in records], strict=True))
        columns = {name: field.column(cells[at], not self._is_keyed) for name, field, at in layout.parts if at >= 0}
        template = layout.template(tuple(column.is_bare for column in columns.values()))
        payloads = map(template.__mod__, zip(*(column.json for column in columns.values()), strict=True))
        keys = self._keys(layout, columns, len(records))
        odd = {
            at
            for column in columns.values()
            if not column.is_bare and None in column.json
            for at, cell in enumerate(column.json)
            if cell is None
        }
        return [
            None if key is None or at in odd else Written(key, payload)
            for at, (key, payload) in enumerate(zip(keys, payloads, strict=True))
        ]

    def _prepared(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        data: Any = record
        if not self._contract.IGNORED.isdisjoint(data):
            data = {name: value for name, value in data.items() if name not in self._contract.IGNORED}
        for function in self._before:
            data = function(data)
        return cast("Mapping[str, Any]", data)

    def _layout(self, names: tuple[str, ...]) -> _Layout | None:
        if names not in self._layouts:
            known = set(names) <= set(self._fields) | self._contract.IGNORED and bool(names)
            layout = _Layout(self._fields, names) if known else None
            if layout and _REFUSED in layout.absent.values():  # a mandatory field is missing
                layout = None
            if len(self._layouts) >= _LAYOUTS:
                self._layouts.clear()
            self._layouts[names] = layout
        return self._layouts[names]

    def _keys(self, layout: _Layout, columns: Mapping[str, Column], records: int) -> Sequence[str | None]:
        """The key of each record; None where it has none, or a rule over the whole record objects."""

        def values(name: str) -> Sequence[Any]:
            return columns[name].values if name in columns else [layout.absent[name][0]] * records

        if self._is_keyed:
            keys = zip(*map(values, self._contract.KEY), strict=True)
            return [None if None in key else ":".join(key) for key in keys]
        rows = zip(*map(values, self._fields), strict=True)
        return [self._key(dict(zip(self._fields, row, strict=True))) for row in rows]

    def _key(self, values: dict[str, Any]) -> str | None:
        record = _instance(self._contract, values, self._names)
        try:
            for function in self._after:
                if function(record) is not record:
                    return None
            return str(record.record_key())
        except Exception:  # any failure only means that the contract must be asked, and will say it itself
            return None


def _instance(contract: Any, values: dict[str, Any], names: set[str]) -> Any:
    """A record of values that are valid already; what ``model_construct`` makes, without its questions."""
    record = object.__new__(contract)
    object.__setattr__(record, "__dict__", values)
    object.__setattr__(record, "__pydantic_fields_set__", names)
    object.__setattr__(record, "__pydantic_extra__", None)
    object.__setattr__(record, "__pydantic_private__", None)
    return record


def _fields(contract: Any) -> dict[str, _Field]:
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

    return {name: _Field(field["schema"], config, wrap) for name, field in schema["fields"].items()}


@cache
def column_check(contract: Any) -> ColumnCheck:
    """The contract's ``ColumnCheck``; what it remembers serves all batches of the process."""
    return ColumnCheck(contract)
