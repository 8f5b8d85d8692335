"""What tests put into the warehouse, and take out of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, text

from warehouse.cluster import Cluster

TABLES = (
    "actif__flux", "elenco_sottoprodotti__iscrizioni", "tiers_lieux__lieux", "tiers_lieux__actualites",
    "synergie__depenses", "synergie__budgets",
)  # fmt: skip


def empty(cluster: Cluster) -> None:
    """Empty every table of ``ops`` and ``raw``: what earlier tests left there is nobody's history."""
    engine = cluster.engine("owner")
    with engine.begin() as connection:
        tables = connection.execute(
            text(
                "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('ops', 'raw')"
                " and tablename <> 'alembic_version'"
            )
        ).scalars()
        connection.execute(text(f"truncate {', '.join(tables)} restart identity cascade"))
    engine.dispose()


def put(engine: Engine, records: Sequence[tuple[str, Any]]) -> None:
    """Replace the rows of the raw tables by ``records``, as the loader would have written them."""
    insert = (
        "insert into raw.{table} (record_key, payload, raw_hash, payload_hash, run_id, first_run_id, part, position,"
        " fetched_at) values (:key, cast(:payload as jsonb), :hash, :hash, :run, :run, 'part', :position, now())"
    )
    with engine.begin() as connection:
        connection.execute(text(f"truncate {', '.join('raw.' + table for table in TABLES)}"))
        for number, (table, record) in enumerate(records):
            payload = json.dumps(record.model_dump(mode="json"))
            row = {"key": record.record_key(), "payload": payload, "run": f"run{number}", "position": f"row {number}",
                   "hash": hashlib.sha256(payload.encode()).digest()}  # fmt: skip
            connection.execute(text(insert.format(table=table)), row)
