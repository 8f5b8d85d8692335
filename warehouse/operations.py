"""The views ``traforo_ops``: their texts in three languages, and which streams they expect."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from schemas.canonical.model import load_model
from schemas.compiler.dbt import describe

Declared = tuple[str, str, int]
"""``(source, stream, hours after which it is stale)``."""


def declare(connection: Connection, streams: Iterable[Declared]) -> None:
    """Note the streams that there are now; part of the caller's transaction.

    Args:
        connection: as owner.
    """
    rows = [{"source": source, "stream": stream, "hours": hours} for source, stream, hours in streams]
    if not rows:
        return
    connection.execute(
        text("delete from ops.stream where source || '.' || stream <> all(:kept)"),
        {"kept": [f"{row['source']}.{row['stream']}" for row in rows]},
    )
    connection.execute(
        text(
            "insert into ops.stream (source, stream, stale_after_hours) values (:source, :stream, :hours)"
            " on conflict (source, stream) do update set stale_after_hours = excluded.stale_after_hours"
            " where stream.stale_after_hours <> excluded.stale_after_hours"
        ),
        rows,
    )


def comment(connection: Connection) -> int:
    """Put the model's texts on the views where they differ; returns how many did.

    Args:
        connection: as owner.
    """
    model = load_model()
    schema = model.schema("operations")
    present = {
        (str(row.relname), row.attname): row.description
        for row in connection.execute(
            text(
                "select c.relname, a.attname, d.description from pg_description d"
                " join pg_class c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass"
                " left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0"
                " where c.relnamespace = to_regnamespace(:schema)"
            ),
            {"schema": schema},
        )
    }
    changed = 0
    for table in model.published("operations"):
        texts: dict[str | None, str] = {None: f"{describe(table.label, table.definition)} | Grain: {table.grain}."}
        texts |= {column.name: describe(column.label, column.definition) for column in table.columns}
        for column_name, wanted in texts.items():
            if present.get((table.name, column_name)) == wanted:
                continue
            view = f'{schema}."{table.name}"'
            target = f'column {view}."{column_name}"' if column_name else f"view {view}"
            quoted = wanted.replace("'", "''").replace(":", "\\:")  # text() would take :name for a parameter
            connection.execute(text(f"comment on {target} is '{quoted}'"))
            changed += 1
    return changed
