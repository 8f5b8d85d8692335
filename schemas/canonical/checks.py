"""Rules that tie the parts of the model together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from schemas.canonical.model import Column, Model, Table, Text

SHORT_WORDS = 3
"""A label of up to three words may be the same in two languages (Latitude, SIRET, CUP)."""
SUFFIX_TYPES = {
    "_date": "date",
    "_at": "timestamptz",
    "_pct": "numeric",
    "_eur": "numeric",
    "_codes": "text[]",
    "_code": "text",
    "_name": "text",
    "_url": "text",
}
"""Ending of a column name → start of its type."""
UNIT_SUFFIXES = {"_eur": "EUR", "_t_per_year": "t/a", "_m3_per_year": "m3/a", "_mwh_per_year": "MWh/a", "_pct": "%"}
"""Ending of a column name → unit it announces."""


def check_model(model: Model) -> list[str]:
    """Every broken rule of a model whose parts could be read, each with its place."""
    problems: list[str] = []
    tables = (*model.tables.values(), *model.bi.values(), *model.operations.values())
    if not re.fullmatch(r"\d+\.\d+\.\d+", model.version):
        problems.append(f"model.yml: version {model.version!r} is not MAJOR.MINOR.PATCH")
    problems += [f"{name}: stands in two layers" for name in _repeated(table.name for table in tables)]
    for table in tables:
        problems += _table(model, table)
    problems += _same_everywhere(tables)
    used = {column.code_list for table in tables for column in table.columns}
    problems += [f"code_lists/{name}: no table uses it" for name in model.code_lists if name not in used]
    for code_list in model.code_lists.values():
        values = code_list.values()
        problems += [f"code_lists/{code_list.name}: {code} stands twice" for code in _repeated(values)]
        problems += _texts(f"code_lists/{code_list.name}", code_list.label, None)
        for code in code_list.codes:
            problems += _texts(f"code_lists/{code_list.name}/{code.code}", code.label, code.definition)
    return problems


def _table(model: Model, table: Table) -> Iterator[str]:
    names = table.column_names()
    where = f"{table.layer}/{table.name}"
    yield from _texts(where, table.label, table.definition)
    yield from (f"{where}: column {name} stands twice" for name in _repeated(names))
    if not table.grain:
        yield f"{where}: the grain is empty"
    if not table.primary_key:
        yield f"{where}: no primary key"
    for name in table.primary_key:
        if name not in names:
            yield f"{where}: primary key names the unknown column {name}"
        elif table.column(name).nullable:
            yield f"{where}.{name}: a key column may not be nullable"
    if table.geometry:
        for name in (table.geometry.latitude, table.geometry.longitude):
            if name not in names:
                yield f"{where}: geometry names the unknown column {name}"
    for column in table.columns:
        yield from _column(model, table, column)


def _column(model: Model, table: Table, column: Column) -> Iterator[str]:
    where = f"{table.layer}/{table.name}.{column.name}"
    yield from _texts(where, column.label, column.definition)
    if column.code_list is not None and column.code_list not in model.code_lists:
        yield f"{where}: unknown code list {column.code_list}"
    if column.code_list is not None and not column.type.startswith("text"):
        yield f"{where}: a code list needs a text column"
    for suffix, kind in SUFFIX_TYPES.items():
        if column.name.endswith(suffix) and not column.type.startswith(kind):
            yield f"{where}: a column that ends in {suffix} is of type {kind}, not {column.type}"
    for suffix, unit in UNIT_SUFFIXES.items():
        if column.name.endswith(suffix) and column.unit != unit:
            yield f"{where}: a column that ends in {suffix} has the unit {unit}, not {column.unit}"
    if column.pattern is not None:
        try:
            re.compile(column.pattern)
        except re.error as error:
            yield f"{where}: pattern: {error}"
    yield from _reference(model, table, column, where)


def _reference(model: Model, table: Table, column: Column, where: str) -> Iterator[str]:
    if column.references is None:
        return
    parts = column.references.split(".")
    tables = model.tables if table.layer == "core" else model.bi
    if len(parts) != 2 or parts[0] not in tables:  # noqa: PLR2004 - table and column
        yield f"{where}: refers to the unknown table {column.references!r}"
        return
    target = tables[parts[0]]
    if parts[1] not in target.column_names():
        yield f"{where}: refers to the unknown column {column.references}"
    elif target.primary_key != (parts[1],):
        yield f"{where}: {column.references} is not the primary key of its table"
    elif target.column(parts[1]).type != column.type:
        yield f"{where}: type {column.type} differs from that of {column.references}"


def _same_everywhere(tables: Iterable[Table]) -> Iterator[str]:
    """One column name has one type, unit and code list, whichever table it stands in."""
    first: dict[str, tuple[str, Column]] = {}
    for table in tables:
        for column in table.columns:
            where, known = first.setdefault(column.name, (table.name, column))
            for attribute in ("type", "unit", "code_list"):
                if getattr(known, attribute) != getattr(column, attribute):
                    yield f"{table.name}.{column.name}: its {attribute} differs from that in {where}"


def _texts(where: str, label: Text, definition: Text | None) -> Iterator[str]:
    """A text copied from one language to another is not a translation."""
    for one, other in (("fr", "it"), ("fr", "en"), ("it", "en")):
        text = label.get(one)
        if text == label.get(other) and len(text.split()) > SHORT_WORDS:
            yield f"{where}: label is the same in {one} and {other}"
        if definition is not None and definition.get(one) == definition.get(other):
            yield f"{where}: definition is the same in {one} and {other}"


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
