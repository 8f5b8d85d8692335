"""What somebody has to do something about, and what: for ``traforo status`` and for alerts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

_ERROR_WIDTH = 400


@dataclass(frozen=True)
class Problem:
    """One thing that will not mend itself soon.

    Attributes:
        key: the same as long as it is the same problem.
        what: one sentence; no values of records.
        todo: what a person can do, commands included.
    """

    key: str
    what: str
    todo: str


def problems(connection: Connection) -> list[Problem]:
    """Everything that waits for a person now, the gravest first.

    Args:
        connection: as publisher.
    """
    return [*_held(connection), *_sources(connection), *_queues(connection)]


def _held(connection: Connection) -> Iterator[Problem]:
    rows = connection.execute(
        text(
            "select p.pending_kind_code as kind, p.subject_id as id, p.source_id as source, p.age_hours,"
            " coalesce(r.error, l.error, '') as error from traforo_ops.pending_decision p"
            " left join ops.run r on r.run_id = p.subject_id left join ops.release l on l.release_id = p.subject_id"
            " order by p.held_at"
        )
    )
    for row in rows:
        if row.kind == "batch":
            yield Problem(
                f"batch:{row.source}",
                f"{row.source}: run {row.id} is held since {row.age_hours} h: {_short(row.error)}",
                f"look with 'traforo rejects list --source {row.source}'; if the source is right: traforo approve"
                f" {row.id}; if it is wrong: nothing, the next healthy run replaces it",
            )
        elif row.kind == "release":
            yield Problem(
                f"release:{row.id}",
                f"release {row.id} is held since {row.age_hours} h: {_short(row.error)}",
                f"look with 'traforo release diff {row.id}'; if it is right: traforo release approve {row.id} --why …;"
                " if not: mend the cause, the next release replaces it",
            )
        else:
            yield Problem(
                "publication",
                f"all publication is on hold since {row.age_hours} h",
                "end it with: traforo release lift --why …",
            )


def _sources(connection: Connection) -> Iterator[Problem]:
    """Sources that fail or are stale; one that was never read is not configured, which is no problem."""
    rows = connection.execute(
        text(
            "select f.source_id as source, string_agg(f.stream_name, ', ' order by f.stream_name) as streams,"
            " bool_or(f.is_stale) as is_stale, max(f.age_hours) as age_hours, max(f.stale_after_hours) as allowed,"
            " max(s.error) as error from traforo_ops.source_freshness f"
            " join ops.source_state s on s.source = f.source_id and s.stream = f.stream_name"
            " where (f.is_stale and f.last_good_at is not null) or f.has_failed group by 1 order by 1"
        )
    )
    for row in rows:
        stale = f" Its rows are {row.age_hours} h old, {row.allowed} h are allowed." if row.is_stale else ""
        why = f" failed: {_short(row.error)}" if row.error else " has not been read in time."
        yield Problem(
            f"{'stale' if row.is_stale else 'failed'}:{row.source}",
            f"{row.source} ({row.streams}){why}{stale}",
            f"try with 'traforo sync {row.source}'; readers keep its last good rows meanwhile"
            " (docs/how-to/source-changed.md)",
        )


def _queues(connection: Connection) -> Iterator[Problem]:
    rows = connection.execute(
        text(
            "select queue_code as queue, queue_name as name, failed_count as failed from traforo_ops.work_queue"
            " where failed_count > 0 order by 1, 2"
        )
    )
    for row in rows:
        if row.queue == "inbound":
            yield Problem(
                f"inbound:{row.name}",
                f"{row.failed} arrivals of {row.name} were given up",
                "look with 'traforo events inbound', then: traforo events retry ID",
            )
        else:
            yield Problem(
                f"delivery:{row.name}",
                f"{row.failed} events could not be delivered to {row.name}",
                f"look with 'traforo events dead', then: traforo events again {row.name}",
            )


def _short(error: str) -> str:
    line = " ".join(error.split())
    return line if len(line) <= _ERROR_WIDTH else f"{line[:_ERROR_WIDTH]}…"
