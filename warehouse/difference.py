"""How the tables of two releases differ, entity by entity, found in the database by primary key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from schemas.canonical.model import load_model

VOLATILE = ("release_id", "is_stale")
"""Columns that change without the entity changing; the release event says which sources are stale."""
REFERENCE_TABLES = frozenset(
    {
        "activity", "code_list", "material", "material_term", "national_legal_form", "territory", "waste_code",
        "field_source", "source_record", "source_status", "territory_distance",
    }
)  # fmt: skip
"""Tables that come with a version of the code, follow from it, or describe the sources: nobody follows their rows."""


@dataclass(frozen=True)
class Change:
    """How one table of a release differs from the same table of another.

    Attributes:
        added, changed, removed: numbers of entities.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        """Entities that differ."""
        return self.added + self.changed + self.removed


@dataclass(frozen=True)
class Pair:
    """A table that two releases are compared on.

    Attributes:
        key: columns of the primary key.
        new, old: quoted names of the tables, None where a release has not got it.
        columns: columns to compare, None where the two sides have different ones and whole rows are compared.
    """

    name: str
    key: tuple[str, ...]
    new: str | None
    old: str | None
    columns: tuple[str, ...] | None


def compare(connection: Connection, schema: str, old_schema: str | None) -> dict[str, Change]:
    """How the followed tables of ``schema`` differ from those of ``old_schema``, by table; equal ones are left out."""
    found: dict[str, Change] = {}
    for pair in followed(connection, schema, old_schema):
        row = connection.execute(
            text(
                "select count(*) filter (where kind = 'added'), count(*) filter (where kind = 'changed'),"
                f" count(*) filter (where kind = 'removed') from ({difference(pair)}) d"
            )
        ).one()
        add(found, pair.name, Change(*(int(n) for n in row)))
    return found


def add(changes: dict[str, Change], table: str, change: Change) -> None:
    """Add ``change`` to those of the table, if it is one."""
    if change.total:
        known = changes.get(table, Change())
        changes[table] = Change(
            known.added + change.added, known.changed + change.changed, known.removed + change.removed
        )


def differing_entities(
    connection: Connection, schema: str, old_schema: str | None, table: str, limit: int = 100
) -> list[tuple[str, str]]:
    """``(kind, entity)`` of entities of one table that differ, kind being ``added``, ``changed`` or ``removed``.

    Raises:
        LookupError: the table is not followed, or neither release has it.
    """
    found: list[tuple[str, str]] = []
    pairs = [pair for pair in followed(connection, schema, old_schema) if pair.name == table]
    if not pairs:
        raise LookupError(f"table '{table}' is not one that is followed from release to release")
    for pair in pairs:
        rows = connection.execute(
            text(f"select kind, entity from ({difference(pair)}) d order by 1, 2 limit :limit"), {"limit": limit}
        )
        found += [(str(kind), str(entity)) for kind, entity in rows]
    return found[:limit]


def followed(connection: Connection, schema: str, old_schema: str | None) -> list[Pair]:
    """Tables of the model on either side that have a primary key; without one an entity cannot be named."""
    names = {table.name for table in load_model().published("core")} - REFERENCE_TABLES
    new, old = primary_keys(connection, schema, names), primary_keys(connection, old_schema, names)
    found = []
    for name in sorted(new.keys() | old.keys()):
        here = f'"{schema}"."{name}"' if name in new else None
        there = f'"{old_schema}"."{name}"' if name in old else None
        if here and there and new[name] != old[name]:
            # Another key means other entities: all of the old ones go, all of the new ones come.
            found += [Pair(name, old[name], None, there, None), Pair(name, new[name], here, None, None)]
        else:
            found.append(Pair(name, new.get(name) or old[name], here, there, _columns(connection, here, there)))
    return found


def primary_keys(connection: Connection, schema: str | None, names: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """Table → columns of its primary key, for the tables of the schema that have one (all, or the given ones)."""
    wanted = sorted(names)
    rows = connection.execute(
        text(
            "select c.relname, array_agg(a.attname::text order by k.position) from pg_class c"
            " join pg_index i on i.indrelid = c.oid and i.indisprimary"
            " cross join unnest(i.indkey) with ordinality k(attnum, position)"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum"
            " where c.relnamespace = to_regnamespace(:schema) and c.relkind = 'r'"
            " and (cardinality(cast(:names as text[])) = 0 or c.relname = any(:names)) group by 1"
        ),
        {"schema": f'"{schema}"', "names": wanted},
    )
    return {str(name): tuple(columns) for name, columns in rows}


def _columns(connection: Connection, new: str | None, old: str | None) -> tuple[str, ...] | None:
    if new is None or old is None:
        return None
    sides = []
    for table in (new, old):
        rows = connection.execute(
            text(
                "select attname, format_type(atttypid, atttypmod) from pg_attribute"
                " where attrelid = to_regclass(:table) and attnum > 0 and not attisdropped order by attname"
            ),
            {"table": table},
        )
        sides.append([(str(name), str(kind)) for name, kind in rows if name not in VOLATILE])
    return tuple(name for name, _ in sides[0]) if sides[0] == sides[1] else None


def entity_sql(alias: str, key: tuple[str, ...]) -> str:
    """SQL of the entity's name: the values of its key joined by ``/``, which is escaped inside a value."""
    values = (f"replace(replace({alias}.\"{c}\"::text, '%', '%25'), '/', '%2F')" for c in key)
    return f"concat_ws('/', {', '.join(values)})"


def data_sql(alias: str) -> str:
    """SQL of a row as jsonb, without what is volatile."""
    return f"to_jsonb({alias}) - '{{{','.join(VOLATILE)}}}'::text[]"


def key_sql(alias: str, key: tuple[str, ...]) -> str:
    """SQL of the key as a JSON object."""
    pairs = (f"'{c}', {alias}.\"{c}\"" for c in key)
    return f"jsonb_build_object({', '.join(pairs)})"


def difference(pair: Pair) -> str:
    """SQL that gives ``kind, entity, key, data`` of every entity that differs; ``data`` is null where it is gone."""
    if pair.old is None or pair.new is None:
        kind, alias, data = ("added", "n", data_sql("n")) if pair.new else ("removed", "o", "null::jsonb")
        named = f"{entity_sql(alias, pair.key)} as entity, {key_sql(alias, pair.key)} as key"
        return f"select '{kind}' as kind, {named}, {data} as data from {pair.new or pair.old} {alias}"
    if pair.columns is None:
        differs = f"({data_sql('n')}) is distinct from ({data_sql('o')})"
    else:
        sides = (", ".join(f'{alias}."{c}"' for c in pair.columns) for alias in "no")
        differs = "row({}) is distinct from row({})".format(*sides)
    first, using = pair.key[0], ", ".join(f'"{column}"' for column in pair.key)
    return (
        f"select case when o.\"{first}\" is null then 'added' else 'changed' end as kind,"
        f" {entity_sql('n', pair.key)} as entity, {key_sql('n', pair.key)} as key, {data_sql('n')} as data"
        f' from {pair.new} n left join {pair.old} o using ({using}) where o."{first}" is null or {differs}'
        f" union all select 'removed', {entity_sql('o', pair.key)}, {key_sql('o', pair.key)}, null"
        f' from {pair.old} o left join {pair.new} n using ({using}) where n."{first}" is null'
    )
