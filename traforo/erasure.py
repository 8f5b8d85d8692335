"""Erases a person's data everywhere: tables, landing, files, feed, logs; and keeps it from coming in again.

What is left is a record of how much was removed from where, and keyed hashes by which the loader recognises the same
words when a source sends them again. The source itself has to be asked by the person in charge.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from connectors.core.registry import source_ids
from publish.feed import export_feed
from traforo.keep_out import MARKS_KEY
from traforo.pipeline.database import cluster_of
from traforo.settings import Settings
from warehouse import embedded, erase
from warehouse.cluster import Cluster, Role
from warehouse.ops import dumps, new_id
from warehouse.outbox import write_event
from warehouse.person import Finder, Person
from warehouse.release import live_release
from warehouse.secrets import secret

_OWNERS: tuple[Role, ...] = ("owner", "loader", "transformer")
_TEXT_SUFFIXES = (".log", ".txt", ".json", ".html", ".csv", ".sql", ".yml", ".md")
_MOST_MEMBER_BYTES = 200_000_000


@dataclass
class Erasure:
    """What an erasure removed, or would remove.

    Attributes:
        tables: rows cleaned or deleted, by ``schema.table``.
        landing: run folders removed; their sources are asked anew at the next sync.
        releases: folders of published files removed.
        texts: logs and documents cleaned.
        subjects: published entities that changed.
        inbox: dropped files that hold the person; they are their owners' and stay.
    """

    erasure_id: str
    dry_run: bool
    tables: Counter[str] = field(default_factory=Counter)
    landing: list[str] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    inbox: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, Any]:
        """How much was removed from where, without anything about who it was."""
        return {
            "tables": dict(self.tables), "landing": len(self.landing), "releases": len(self.releases),
            "texts": len(self.texts), "entities": len(self.subjects), "inbox": len(self.inbox),
        }  # fmt: skip


def erase_person(
    settings: Settings, called: Sequence[str], reference: str | None = None, *, dry_run: bool = False
) -> Erasure:
    """Erase what is known of a person; can be repeated, and then finds what came since.

    Args:
        called: full names, e-mail addresses, numbers; each alone must be enough to know the person by.
        reference: number of the request, as the person in charge keeps it; not a name.
        dry_run: only look.

    Raises:
        ValueError: a text could hit other people.
    """
    person = Person.called(called)
    if reference and person.finder().in_text(reference):
        raise ValueError("the reference is kept: it must not name the person")
    done = Erasure(new_id(), dry_run)
    with cluster_of(settings) as cluster:
        _remember(settings, cluster, done, person, reference)
        for role in _OWNERS:
            _clean_role(cluster, role, person, done)
        live = _clean_published(cluster, person, done)
        _clean_files(settings, cluster, person.finder(), done, live)
        if not dry_run:
            _finish(settings, cluster, done)
    return done


def _remember(settings: Settings, cluster: Cluster, done: Erasure, person: Person, reference: str | None) -> None:
    """The record and the marks come first: what a source sends while the erasure runs is caught already."""
    if done.dry_run:
        return
    engine = cluster.engine("owner")
    with engine.begin() as connection:
        connection.execute(
            text("insert into ops.erasure (erasure_id, reference) values (:id, :reference)"),
            {"id": done.erasure_id, "reference": reference},
        )
        erase.remember(connection, done.erasure_id, person, secret(settings.home, MARKS_KEY))
    engine.dispose()


def _clean_role(cluster: Cluster, role: Role, person: Person, done: Erasure) -> None:
    engine = cluster.engine(role)
    with engine.begin() as connection:
        done.tables += erase.clean_tables(connection, person, dry_run=done.dry_run)
    engine.dispose()


def _clean_published(cluster: Cluster, person: Person, done: Erasure) -> set[str]:
    """Clean all releases; the live one's entities give events. Returns ids of releases that were touched."""
    engine = cluster.engine("publisher")
    with engine.begin() as connection:
        live = live_release(connection)
        if live and not done.dry_run:
            done.subjects = erase.clean_live(connection, live.schema, live.release_id, person)
            done.tables.update(f"{live.schema}.{subject.partition('/')[0]}" for subject in done.subjects)
        done.tables += erase.clean_tables(connection, person, dry_run=done.dry_run)
        if done.subjects:
            told = {"entities": done.subjects, "what": "forget earlier states of these entities"}
            write_event(
                connection, "erasure", done.erasure_id, erase.ERASURE_DONE, told, live.release_id if live else None
            )
        touched = {
            name.partition(".")[0].removeprefix("release_").removesuffix("_bi").removesuffix("_finance")
            for name in done.tables
            if name.startswith("release_")
        }
        if touched and not done.dry_run:  # their files are written again, or gone
            connection.execute(
                text("delete from ops.publication where release_id = any(:ids)"), {"ids": sorted(touched)}
            )
    engine.dispose()
    return touched


def _clean_files(settings: Settings, cluster: Cluster, finder: Finder, done: Erasure, touched: set[str]) -> None:
    _clean_landing(settings, cluster, finder, done)
    for folder in sorted(path for path in settings.published.glob("*") if path.is_dir() and not path.is_symlink()):
        if folder.name == "feed":
            continue
        if folder.name in touched or any(_holds(path, finder) for path in _texts(folder)):
            done.releases.append(folder.name)
            if not done.dry_run:
                shutil.rmtree(folder)
    for path in _documents(settings):
        if _holds(path, finder):
            done.texts.append(path.name)
            if not done.dry_run:
                _redact_file(path, finder)
    for inbox in _inboxes(settings):
        done.inbox += [str(path) for path in sorted(inbox.rglob("*")) if path.is_file() and _holds(path, finder)]


def _clean_landing(settings: Settings, cluster: Cluster, finder: Finder, done: Erasure) -> None:
    """Remove runs whose bytes hold the person, whole: a run with a hole could not be read again."""
    searched: dict[int, bool] = {}
    for run in sorted(settings.landing.glob("*/*/dt=*/run=*")):
        hit = False
        for path in run.iterdir():
            inode = path.stat().st_ino  # the same bytes are linked from run to run
            if inode not in searched:
                searched[inode] = _holds(path, finder)
            hit = hit or searched[inode]
        if hit:
            done.landing.append(run.relative_to(settings.landing).as_posix())
            if not done.dry_run:
                shutil.rmtree(run)
    if done.landing and not done.dry_run:
        engine = cluster.engine("owner")
        with engine.begin() as connection:
            connection.execute(
                text("update ops.load set landed_path = null where landed_path = any(:paths)"),
                {"paths": [str(settings.landing / run) for run in done.landing]},
            )
        engine.dispose()


def _finish(settings: Settings, cluster: Cluster, done: Erasure) -> None:
    publisher, owner = cluster.engine("publisher"), cluster.engine("owner")
    if (settings.published / "feed" / "index.json").exists():
        export_feed(publisher, settings.published / "feed", rebuild=True)
    latest = settings.published / "latest"
    if latest.is_symlink() and not latest.exists():
        latest.unlink()
    with owner.begin() as connection:
        connection.execute(
            text(
                "update ops.erasure set finished_at = now(), removed = cast(:removed as jsonb) where erasure_id = :id"
            ),
            {"id": done.erasure_id, "removed": dumps(done.counts())},
        )
    for engine in (owner, publisher):
        _rewrite(engine, done)
        engine.dispose()


def _rewrite(engine: Engine, done: Erasure) -> None:
    """Write tables anew: what was overwritten is still in their pages. A table in use is left to autovacuum."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("set lock_timeout = '5s'"))
        for name in sorted(done.tables):
            schema, _, table = name.partition(".")
            owned = text(
                "select 1 from pg_tables where schemaname = :s and tablename = :t and tableowner = current_user"
            )
            if connection.execute(owned, {"s": schema, "t": table}).scalar():
                with suppress(DBAPIError):
                    connection.execute(text(f'vacuum full "{schema}"."{table}"'))


def _documents(settings: Settings) -> Iterator[Path]:
    """Data Docs, artifacts and logs of dbt and Airflow, the server's log: none of them should hold a record at all."""
    for root in (settings.data_docs, settings.dbt_target, settings.home / "airflow" / "logs", settings.home / "logs"):
        yield from _texts(root)
    server_log = embedded.paths(settings.home).log
    if settings.database_url is None and server_log.exists():
        yield server_log


def _texts(root: Path) -> Iterator[Path]:
    if root.is_dir():
        yield from sorted(p for p in root.rglob("*") if p.suffix in (*_TEXT_SUFFIXES, ".geojson") and p.is_file())


def _holds(path: Path, finder: Finder) -> bool:
    """Whether a file holds the person; of a zip (XLSX) its members are searched."""
    if not is_zipfile(path):
        return finder.in_bytes(path.read_bytes())
    try:
        with ZipFile(path) as archive:
            small = [member for member in archive.infolist() if member.file_size <= _MOST_MEMBER_BYTES]
            return any(finder.in_bytes(archive.read(member)) for member in small)
    except (BadZipFile, OSError, RuntimeError):
        return False


def _redact_file(path: Path, finder: Finder) -> None:
    """Clean a text file in place, keeping its inode: a process may be writing to it."""
    with path.open("r+", encoding="utf-8", errors="surrogateescape") as stream:
        content = stream.read()
        stream.seek(0)
        stream.write(finder.redact(content))
        stream.truncate()


def _inboxes(settings: Settings) -> list[Path]:
    found = (settings.source(source_id).options.get("inbox") for source_id in source_ids())
    return [Path(str(option)) for option in found if option and Path(str(option)).is_dir()]
