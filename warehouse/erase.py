"""Takes a person out of every table of the warehouse, and tells those who follow the feed.

Every table is searched but seeds and the record of erasures themselves. A text is cleaned in place; a row whose key
holds the person is deleted. Each role cleans the tables it owns in a transaction of its own; a second call finds what
a first one left.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from warehouse.difference import data_sql, entity_sql, followed, key_sql
from warehouse.feed import encode
from warehouse.outbox import TYPE_PREFIX, write_event
from warehouse.person import Finder, Person

ERASURE_DONE = f"{TYPE_PREFIX}.erasure.done"
_NOT_SEARCHED = ("reference", "information_schema")
_RECORDS = ("ops.erasure", "ops.erasure_mark", "ops.alembic_version", "ops.source_state")
_TEXT_TYPES = ("text", "character varying", "jsonb", "json", "text[]")


@dataclass(frozen=True)
class Table:
    """A table of this role that can hold texts.

    Attributes:
        columns: text, jsonb and text[] columns with their types.
        key: columns of its primary key.
    """

    schema: str
    name: str
    columns: Mapping[str, str]
    key: frozenset[str]

    @property
    def sql(self) -> str:
        """Quoted name."""
        return f'"{self.schema}"."{self.name}"'


def clean_tables(connection: Connection, person: Person, *, dry_run: bool = False) -> Counter[str]:
    """Clean every table that the connected role owns; part of the caller's transaction.

    Returns:
        Rows touched by ``schema.table``.
    """
    touched: Counter[str] = Counter()
    for table in _tables(connection):
        count = _clean(connection, table, person, dry_run=dry_run)
        if count:
            touched[f"{table.schema}.{table.name}"] = count
    return touched


def _tables(connection: Connection) -> list[Table]:
    rows = connection.execute(
        text(
            "select n.nspname, c.relname, jsonb_object_agg(a.attname, format_type(a.atttypid, null)),"
            " coalesce((select array_agg(k.attname::text) from pg_index i join pg_attribute k on k.attrelid = c.oid"
            "  and k.attnum = any(i.indkey) where i.indrelid = c.oid and i.indisprimary), '{}')"
            " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
            " where c.relkind = 'r' and pg_get_userbyid(c.relowner) = current_user and n.nspname !~ '^pg_'"
            " and n.nspname <> all(:not_searched) and n.nspname || '.' || c.relname <> all(:records)"
            " and format_type(a.atttypid, null) = any(:types)"
            " group by n.nspname, c.relname, c.oid order by 1, 2"
        ),
        {"not_searched": list(_NOT_SEARCHED), "records": list(_RECORDS), "types": list(_TEXT_TYPES)},
    )
    found = [Table(str(r[0]), str(r[1]), dict(r[2]), frozenset(r[3])) for r in rows]
    # An old event about an entity whose name holds the person goes whole: cleaned, it would be about another entity.
    return [replace(t, key=t.key | {"aggregateid"}) if (t.schema, t.name) == ("ops", "outbox") else t for t in found]


def _clean(connection: Connection, table: Table, person: Person, *, dry_run: bool) -> int:
    finder, count = person.finder(), 0
    if not dry_run:
        connection.execute(text(f"lock table {table.sql} in share row exclusive mode"))
    for place, row in _candidates(connection, table, person):
        changed = {name: new for name in table.columns if (new := finder.redact_value(row[name])) is not row[name]}
        if not changed:
            continue
        count += 1
        if dry_run:
            continue
        if table.key & changed.keys():
            connection.execute(text(f"delete from {table.sql} where ctid = cast(:at as tid)"), {"at": place})
        else:
            _update(connection, table, place, changed)
    return count


def _candidates(connection: Connection, table: Table, person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows that hold one of the person's words; the database looks, so that few rows travel."""
    accented, bare = _translation()
    wanted = person.longest_words()
    shown = " || ' ' || ".join(f"coalesce(\"{name}\"::text, '')" for name in table.columns)
    picked = ", ".join(f"'{name}', to_jsonb(\"{name}\")" for name in table.columns)
    rows = connection.execute(
        text(
            f"select ctid::text, jsonb_build_object({picked})::text from {table.sql}"
            f" where exists (select 1 from unnest(cast(:words as text[])) w"
            f"  where strpos(lower(translate({shown}, :accented, :bare)), w) > 0)"
        ),
        {"words": wanted, "accented": accented, "bare": bare},
    ).all()
    for place, row in rows:
        yield str(place), json.loads(row, parse_float=Decimal)


def _translation() -> tuple[str, str]:
    """Arguments of ``translate`` that turn Latin letters with accents into bare ones and drop combining marks."""
    letters, bare = [], []
    for code in range(0xC0, 0x250):
        letter = chr(code)
        base = unicodedata.normalize("NFKD", letter)[0]
        if base != letter and base.isascii():
            letters.append(letter)
            bare.append(base)
    marks = "".join(chr(code) for code in range(0x300, 0x370))
    return "".join(letters) + marks, "".join(bare)


def _update(connection: Connection, table: Table, place: str, changed: Mapping[str, Any]) -> None:
    names = list(changed)
    values: dict[str, Any] = {"at": place}
    settings = []
    for number, name in enumerate(names):
        kind = table.columns[name]
        plain = kind in ("text", "character varying", "text[]")
        values[f"v{number}"] = changed[name] if plain else encode(changed[name]).decode()
        settings.append(f'"{name}" = cast(:v{number} as {kind})')
    connection.execute(text(f"update {table.sql} set {', '.join(settings)} where ctid = cast(:at as tid)"), values)


def clean_live(connection: Connection, schema: str, release_id: str, person: Person) -> list[str]:
    """Clean the live release's entities and write what became of them into the outbox.

    Args:
        connection: as publisher, in the transaction that cleans the publisher's other tables.

    Returns:
        Subjects (``table/entity``) that changed.
    """
    subjects: list[str] = []
    finder = person.finder()
    for pair in followed(connection, schema, None):
        columns = {
            str(name): str(kind)
            for name, kind in connection.execute(
                text(
                    "select attname, format_type(atttypid, null) from pg_attribute where attrelid = to_regclass(:name)"
                    " and attnum > 0 and not attisdropped and format_type(atttypid, null) = any(:types)"
                ),
                {"name": f'"{schema}"."{pair.name}"', "types": list(_TEXT_TYPES)},
            )
        }
        table = Table(schema, pair.name, columns, frozenset(pair.key))
        for place, row in list(_candidates(connection, table, person)):
            changed = {name: new for name in columns if (new := finder.redact_value(row[name])) is not row[name]}
            if changed:
                subjects.append(_change_entity(connection, table, pair.key, place, changed, release_id, finder))
    return subjects


def _change_entity(
    connection: Connection, table: Table, key: tuple[str, ...], place: str, changed: Mapping[str, Any],
    release_id: str, finder: Finder,
) -> str:  # fmt: skip
    """Clean one entity, or delete it where its key holds the person; its event is written. Returns its subject."""
    entity, key_values = connection.execute(
        text(f"select {entity_sql('t', key)}, {key_sql('t', key)} from {table.sql} t where ctid = cast(:at as tid)"),
        {"at": place},
    ).one()
    if table.key & changed.keys():
        connection.execute(text(f"delete from {table.sql} where ctid = cast(:at as tid)"), {"at": place})
        # The tombstone has to name what it is about; the event of the erasure says that the name itself must go.
        write_event(
            connection, table.name, str(entity), f"{TYPE_PREFIX}.{table.name}.deleted", {"key": key_values}, release_id
        )
        return f"{table.name}/{finder.redact(str(entity))}"
    _update(connection, table, place, changed)
    condition = " and ".join(f't."{c}" = :k{n}' for n, c in enumerate(key))
    connection.execute(
        text(
            "insert into ops.outbox (aggregatetype, aggregateid, type, payload, release_id)"
            f" select :table, :entity, :type, jsonb_build_object('key', cast(:key as jsonb), 'row', {data_sql('t')},"
            f" 'hash', md5(({data_sql('t')})::text)), :release from {table.sql} t where {condition}"
        ),
        {
            "table": table.name, "entity": entity, "type": f"{TYPE_PREFIX}.{table.name}.upserted",
            "key": encode(key_values).decode(), "release": release_id,
            **{f"k{number}": key_values[column] for number, column in enumerate(key)},
        },
    )  # fmt: skip
    return f"{table.name}/{entity}"


def remember(connection: Connection, erasure_id: str, person: Person, key: str) -> None:
    """Keep the keyed hashes by which the person is recognised when a source sends the same again."""
    connection.execute(
        text(
            "insert into ops.erasure_mark (words, digest, erasure_id) values (:words, :digest, :id)"
            " on conflict do nothing"
        ),
        [{"words": size, "digest": value, "id": erasure_id} for size, value in sorted(person.marks(key))],
    )


def clean_staged(connection: Connection, name: str, finder: Finder) -> int:
    """Take what was erased before out of a batch that waits in ``stage``; returns the records cleaned.

    Args:
        connection: as loader.
        name: of the batch table.
        finder: what was erased before.
    """
    rows = connection.execute(
        text(f"select ordinal, payload::text from stage.{name} where payload is not null"),
        execution_options={"stream_results": True, "yield_per": 2000},
    )
    cleaned = []
    for ordinal, payload in rows:
        value = json.loads(payload, parse_float=Decimal)
        redacted = finder.redact_value(value)
        if redacted is not value:
            cleaned.append({"ordinal": ordinal, "payload": encode(redacted).decode()})
    if cleaned:
        connection.execute(
            text(f"update stage.{name} set payload = cast(:payload as jsonb) where ordinal = :ordinal"), cleaned
        )
    return len(cleaned)
