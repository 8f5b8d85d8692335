"""How a built release stands beside the live one: keys that are gone, columns that are emptier, sources that shrank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from schemas.canonical.model import Table, load_model
from warehouse.interface import tables

MINIMUM_ROWS = 20
"""In a smaller table a single row is a large share."""


@dataclass(frozen=True)
class Beside:
    """What the live release holds, and what the build has lost of it. Empty before the first release.

    Attributes:
        rows: rows of the live release by table.
        filled: share of rows with a value, in the live release, by table and column that may be empty.
        keys_gone: share of the live release's keys that the build does not have, by table.
        source_drop: share of the live release's records that the build does not have, by source.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    filled: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    keys_gone: Mapping[str, float] = field(default_factory=dict)
    source_drop: Mapping[str, float] = field(default_factory=dict)


def beside_live(connection: Connection, build: str, live: str, rows: Mapping[str, int]) -> Beside:
    """Compare schema ``build`` with schema ``live`` (role publisher: only it may read both).

    Args:
        rows: rows of the live release by table.
    """
    in_both = set(tables(connection, build)) & {name for name, count in rows.items() if count >= MINIMUM_ROWS}
    compared = [table for table in load_model().published("core") if table.name in in_both]
    return Beside(
        rows,
        {table.name: _filled(connection, live, table) for table in compared},
        {table.name: _keys_gone(connection, build, live, table) for table in compared},
        _source_drop(connection, build, live) if "source_record" in in_both else {},
    )


def _filled(connection: Connection, schema: str, table: Table) -> dict[str, float]:
    names = [column.name for column in table.columns if column.nullable]
    if not names:
        return {}
    shares = ", ".join(f'count("{name}")::float8 / count(*)' for name in names)
    row = connection.execute(text(f'select {shares} from "{schema}"."{table.name}"')).one()
    return dict(zip(names, map(float, row), strict=True))


def _keys_gone(connection: Connection, build: str, live: str, table: Table) -> float:
    same = " and ".join(f'b."{name}" = l."{name}"' for name in table.primary_key)
    query = (
        f'select avg((not exists (select from "{build}"."{table.name}" b where {same}))::int)::float8'
        f' from "{live}"."{table.name}" l'
    )
    return float(connection.execute(text(query)).scalar_one())


def _source_drop(connection: Connection, build: str, live: str) -> dict[str, float]:
    def records(schema: str) -> dict[str, int]:
        query = f'select source_id, count(*) from "{schema}".source_record group by 1'
        return {str(source): int(count) for source, count in connection.execute(text(query))}

    now = records(build)
    return {
        source: max(0.0, 1 - now.get(source, 0) / before)
        for source, before in sorted(records(live).items())
        if before >= MINIMUM_ROWS
    }
