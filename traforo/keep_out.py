"""What was erased stays out: batches are searched for it before they are taken into ``raw``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import Connection, Engine, text

from traforo.settings import Settings
from warehouse import erase
from warehouse.counts import table_name
from warehouse.feed import encode
from warehouse.person import Finder, marked
from warehouse.secrets import secret

MARKS_KEY = "erasure_marks"
"""Name of the secret that the marks of erased persons are made with."""


def keep_out(settings: Settings, engine: Engine, source_id: str, run_id: str, streams: Iterable[str]) -> int:
    """Take what was erased before out of the batches and rejects of a run; returns the records cleaned.

    Costs one query where nothing was ever erased, else one look at every new record.

    Args:
        engine: connects as loader.
        streams: streams of the source that wait in ``stage``.
    """
    with engine.begin() as connection:
        marks = [
            (int(size), bytes(digest))
            for size, digest in connection.execute(text("select words, digest from ops.erasure_mark"))
        ]
        if not marks:
            return 0
        finder = marked(secret(settings.home, MARKS_KEY), marks)
        cleaned = sum(erase.clean_staged(connection, table_name(source_id, stream), finder) for stream in streams)
        return cleaned + _clean_rejects(connection, run_id, finder)


def _clean_rejects(connection: Connection, run_id: str, finder: Finder) -> int:
    rows = connection.execute(
        text("select id, payload::text, errors::text from ops.reject where last_seen_run_id = :run_id"),
        {"run_id": run_id},
    ).all()
    cleaned = 0
    for number, *columns in rows:
        values = [json.loads(column, parse_float=Decimal) for column in columns]
        redacted = [finder.redact_value(value) for value in values]
        if any(new is not old for new, old in zip(redacted, values, strict=True)):
            cleaned += 1
            connection.execute(
                text(
                    "update ops.reject set payload = cast(:payload as jsonb), errors = cast(:errors as jsonb)"
                    " where id = :id"
                ),
                {"id": number, "payload": encode(redacted[0]).decode(), "errors": encode(redacted[1]).decode()},
            )
    return cleaned
