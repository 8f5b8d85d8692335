"""A contract put to many records at once, column by column.

Records of one layout are turned into columns. A column of plain texts or of numbers in their usual writing is checked
as a whole; any other column value by value by the field's own validator, which remembers what it was asked before.
The payload of a record is then written from a template. What comes out is, byte for byte, what the contract makes of
the record; of a record that it might refuse nothing comes out, and the contract itself has to be asked.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any, NamedTuple, cast

from schemas.sources.column_fields import REFUSED, Column, Field, fields_of

_LAYOUTS = 500


@cache
def stored_order(contract: Any) -> tuple[str, ...]:
    """A contract's fields in the order in which jsonb keeps them: it is spared the sorting, a third of its time."""
    return tuple(sorted(contract.model_fields, key=lambda name: (len(name.encode()), name.encode())))


def payload_of(record: Any) -> bytes:
    """A valid record in JSON as it is stored."""
    contract, values = type(record), record.__dict__
    ordered = {name: values[name] for name in stored_order(cast("Hashable", contract))}
    return bytes(record.__pydantic_serializer__.to_json(_instance(contract, ordered, set(ordered))))


class Table(NamedTuple):
    """Records as they are stored.

    Attributes:
        keys: their keys.
        body: their payloads in JSON, a line each.
        odd: places of records that the contract itself must be asked about; what stands there means nothing.
    """

    keys: Sequence[str]
    body: bytes
    odd: set[int]

    def payloads(self) -> list[bytes]:
        """The payload of each record."""
        return [line[:-1] for line in BytesIO(self.body)]  # bytes.split looks at each byte by itself

    def records(self) -> Iterator[tuple[str, bytes] | None]:
        """Key and payload of each record; None for the odd ones."""
        pairs = zip(self.keys, self.payloads(), strict=True)
        return (None if at in self.odd else pair for at, pair in enumerate(pairs))


class _Layout:
    """The columns that records of one layout have, in the stored order, and what stands for the others."""

    def __init__(self, fields: Mapping[str, Field], names: Sequence[str]) -> None:
        self.parts = [(name, field, names.index(name) if name in names else -1) for name, field in fields.items()]
        self.absent = {name: field.absent() for name, field, at in self.parts if at < 0}
        self._pieces: dict[tuple[bool, ...], list[str]] = {}

    def write(self, columns: Mapping[str, Column], records: int) -> bytes:
        """The payloads, a line each: what is the same in all of them, with the cells in between."""
        pieces = self._constant(tuple(column.is_bare for column in columns.values())) * records
        width = 2 * len(columns) + 1
        for at, column in enumerate(columns.values()):
            is_whole = column.is_bare or None not in column.json
            pieces[2 * at + 1 :: width] = (
                cast("Sequence[str]", column.json) if is_whole else map(_or_empty, column.json)
            )
        return "".join(pieces).encode()

    def _constant(self, are_bare: tuple[bool, ...]) -> list[str]:
        """A payload in pieces; every other one waits for its cell."""
        if are_bare not in self._pieces:
            bare, pieces, sign = iter(are_bare), ["{"], ""
            for name, _field, at in self.parts:
                pieces[-1] += f'{sign}"{name}":'
                sign = ","
                if at < 0:
                    pieces[-1] += str(self.absent[name][1])
                    continue
                quote = '"' if next(bare) else ""
                pieces[-1] += quote
                pieces += ["", quote]
            pieces[-1] += "}\n"
            self._pieces[are_bare] = pieces
        return self._pieces[are_bare]


def _or_empty(cell: str | None) -> str:
    return cell or ""


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
        fields = fields_of(contract) if self._is_able else {}
        self._fields = {name: fields[name] for name in stored_order(contract)} if fields else {}
        self._names = set(self._fields)
        self._layouts: dict[tuple[str, ...], _Layout | None] = {}

    def check(self, names: tuple[str, ...], records: Sequence[Mapping[str, Any]]) -> Table | None:
        """Keys and payloads of records; None where the contract itself must be asked about each.

        Args:
            names: the fields of every one of these records, in their order.
            records: at least one.
        """
        if self._is_able and self._before:
            records = [self._prepared(record) for record in records]
            names = tuple(records[0])
            if any(tuple(record) != names for record in records):
                return None
        layout = self._layout(names) if self._is_able else None
        if layout is None:
            return None
        cells = list(zip(*[record.values() for record in records], strict=True))
        return self._table(layout, cells, len(records), {})

    def check_columns(
        self, names: tuple[str, ...], cells: Sequence[Sequence[Any]], *, is_plain: bool, is_filled: bool
    ) -> Table | None:
        """As ``check``, of records in columns; ``is_plain`` and ``is_filled`` say of all cells what ``Field`` asks."""
        if self._before:
            return self.check(names, [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)])
        layout = self._layout(names) if self._is_able else None
        if layout is None:
            return None
        return self._table(layout, cells, len(cells[0]), {"is_plain": is_plain, "is_filled": is_filled})

    def _table(self, layout: _Layout, cells: Sequence[Sequence[Any]], records: int, facts: Mapping[str, bool]) -> Table:
        with_values = not self._is_keyed
        columns = {
            name: field.column(cells[at], with_values, **facts) for name, field, at in layout.parts if at >= 0
        }  # fmt: skip
        odd = {
            at
            for column in columns.values()
            if not column.is_bare and None in column.json
            for at, cell in enumerate(column.json)
            if cell is None
        }
        keys = self._keys(layout, columns, records)
        if None in keys:
            odd.update(at for at, key in enumerate(keys) if key is None)
            keys = [key or "" for key in keys]
        return Table(cast("Sequence[str]", keys), layout.write(columns, records), odd)

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
            if layout and REFUSED in layout.absent.values():  # a mandatory field is missing
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
            first, *more = map(values, self._contract.KEY)
            if not more:
                return first
            return [None if None in key else ":".join(key) for key in zip(first, *more, strict=True)]
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


@cache
def column_check(contract: Any) -> ColumnCheck:
    """The contract's ``ColumnCheck``; what it remembers serves all batches of the process."""
    return ColumnCheck(contract)
