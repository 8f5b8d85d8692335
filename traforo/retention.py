"""Keep times, in the warehouse and on disk: called once a day by the DAG ``housekeeping``."""

from __future__ import annotations

import re
import shutil
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import text

from connectors.core.errors import BadConfig
from connectors.core.landing import MANIFEST
from traforo.pipeline.database import cluster_of
from traforo.settings import Settings
from warehouse import embedded, release, retention
from warehouse.retention import KeepDays

NEWEST_RUNS = 10
"""Landed runs of each stream that are kept however old they are."""
FILE = "retention.yml"
MAX_LOG_BYTES = 20_000_000
"""The embedded server's own log is cut to its end beyond this; dbt's log turns over by itself."""
KEPT_LOG_BYTES = 1_000_000
_DAY_S = 86400.0
_RELEASE = re.compile(r"\d{8}t\d{6}[0-9a-f]{4}")
_UNFINISHED = re.compile(r"\.\d{8}t\d{6}[0-9a-f]{4}\..+")


def keep_days(settings: Settings) -> KeepDays:
    """The keep times of this installation: the defaults, and what ``<home>/retention.yml`` says otherwise.

    Raises:
        BadConfig: the file says something that is no keep time.
    """
    path = settings.home / FILE
    if not path.exists():
        return KeepDays()
    try:
        return KeepDays(**_days(yaml.safe_load(path.read_text(encoding="utf-8")) or {}))
    except (yaml.YAMLError, ValueError) as error:
        raise BadConfig(str(error), where=str(path), rule="retention") from error


def _days(given: Any) -> dict[str, int]:
    known = {field.name for field in fields(KeepDays)}
    if not isinstance(given, dict) or set(given) - known or not all(type(days) is int for days in given.values()):
        raise ValueError(f"must hold days for some of {', '.join(sorted(known))}")
    return given


def clean(settings: Settings, now: datetime | None = None) -> dict[str, Any]:
    """Drop everything that is past its keep time; returns how much, by kind."""
    keep, moment = keep_days(settings), now or datetime.now(UTC)
    with cluster_of(settings) as cluster:
        owner, publisher = cluster.engine("owner"), cluster.engine("publisher")
        with owner.begin() as connection:
            done: dict[str, Any] = dict(retention.clean(connection, keep, moment))
            needed = set(
                connection.execute(
                    text(
                        "select landed_path from ops.load l where landed_path is not null and (outcome = 'held'"
                        " or exists (select 1 from ops.source_state s where s.last_run_id = l.run_id))"
                    )
                ).scalars()
            )
        done["dropped_schemas"] = release.drop_old(publisher)
        with publisher.connect() as connection:
            kept = set(
                connection.execute(
                    text("select split_part(nspname, '_', 2) from pg_namespace where nspname like 'release\\_%'")
                ).scalars()
            )
        owner.dispose()
        publisher.dispose()
    done["landing"] = clean_landing(settings.landing, keep, needed, moment.timestamp())
    done["files"] = clean_published(settings.published, keep, kept, moment.timestamp())
    if settings.database_url is None:
        done["log_bytes"] = trim_log(embedded.paths(settings.home).log)
    return {kind: count for kind, count in done.items() if count}


def clean_landing(landing: Path, keep: KeepDays, needed: set[str], now: float) -> int:
    """Remove landed runs past their keep time, but the newest ones and those that a state or a held batch needs.

    A run that did not finish is removed sooner: it is never read.
    """
    removed = 0
    for stream in sorted(landing.glob("*/*")):
        runs = sorted(stream.glob("dt=*/run=*"), key=lambda run: run.name, reverse=True)
        finished = [run for run in runs if (run / MANIFEST).exists()]
        for run in runs:
            is_finished = run in finished
            days = keep.landing if is_finished else keep.unfinished
            is_old = run.stat().st_mtime < now - days * _DAY_S
            if is_old and str(run) not in needed and (not is_finished or run not in finished[:NEWEST_RUNS]):
                shutil.rmtree(run)
                removed += 1
                if not any(run.parent.iterdir()):
                    run.parent.rmdir()
    return removed


def clean_published(root: Path, keep: KeepDays, kept: set[str], now: float) -> int:
    """Remove folders of releases whose tables are gone, and what a crashed publication left."""
    removed = 0
    for folder in sorted(root.glob("*")) + sorted(root.glob(".*")):
        if not folder.is_dir() or folder.is_symlink():
            continue
        is_gone = bool(_RELEASE.fullmatch(folder.name)) and folder.name not in kept
        is_left = bool(_UNFINISHED.fullmatch(folder.name)) and folder.stat().st_mtime < now - keep.unfinished * _DAY_S
        if is_gone or is_left:
            shutil.rmtree(folder)
            removed += 1
    return removed


def trim_log(log: Path) -> int:
    """Cut a log that has grown too large to its end, in place, since its writer goes on appending.

    Returns:
        Bytes that were cut off.
    """
    size = log.stat().st_size if log.exists() else 0
    if size <= MAX_LOG_BYTES:
        return 0
    with log.open("r+b") as stream:
        stream.seek(-KEPT_LOG_BYTES, 2)
        stream.readline()  # the line that the cut goes through
        tail = stream.read()
        stream.truncate(0)
    with log.open("ab") as stream:
        stream.write(tail)
    return size - len(tail)
