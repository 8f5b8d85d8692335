"""What the page of a release shows, read from its tables: figures and sums, never whole tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from schemas.canonical.model import load_model


def collect(connection: Connection, release_id: str, schema: str, folder: Path) -> dict[str, Any]:
    """Everything the page needs, JSON-serialisable."""
    release = connection.execute(
        text("select coalesce(published_at, created_at) as at, schema_version from ops.release where release_id = :id"),
        {"id": release_id},
    ).one()
    return {
        "release": {"id": release_id, "at": release.at.isoformat(), "schema_version": release.schema_version},
        "sources": _sources(connection, schema),
        "tables": _tables(connection, schema, folder),
    }


def _sources(connection: Connection, schema: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        text(
            "select source_id, stream_name, is_stale, last_good_at, record_count"  # noqa: S608 - our own schema name
            f' from "{schema}".source_status order by 1, 2'
        )
    ).mappings()
    return [{**row, "last_good_at": row["last_good_at"].isoformat() if row["last_good_at"] else None} for row in rows]


def _tables(connection: Connection, schema: str, folder: Path) -> list[dict[str, Any]]:
    shown = []
    for table in load_model().published("core"):
        if not connection.execute(text("select to_regclass(:n)"), {"n": f'"{schema}"."{table.name}"'}).scalar():
            continue
        count = connection.execute(text(f'select count(*) from "{schema}"."{table.name}"')).scalar_one()  # noqa: S608
        files = [
            f"{table.name}.{end}" for end in ("csv", "parquet", "geojson") if (folder / f"{table.name}.{end}").exists()
        ]
        shown.append({"name": table.name, "label": table.label.as_dict(), "rows": count, "files": files})
    return shown
