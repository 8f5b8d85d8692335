"""The whole chain with an invented source and tables built by plain SQL: what the fault tests break and repeat.

It goes through the real landing, loader, merge, release, outbox, feed and files. Only dbt and the gate are left out:
they write nothing that outlives a failure.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, create_engine, text

import warehouse.load
import warehouse.release
from connectors.core.landing import land, read_landed
from connectors.core.source import LandedPart, Part, RawRecord, Source, Stream
from publish.feed import export_feed
from publish.files import publish_release
from schemas.canonical.model import load_model
from schemas.sources.base import SourceRecord
from warehouse import ops, release
from warehouse.cluster import Cluster, embedded_cluster
from warehouse.embedded import running_port
from warehouse.load import stage
from warehouse.merge import merge

Item = dict[str, Any]
BAD = "unreadable"
TEXT = {"fr": "essai", "it": "prova", "en": "test"}
STREAM = Stream.model_validate({"name": "things", "title": TEXT, "contract": "schemas.sources.base:SourceRecord"})
SOURCE = Source.model_validate(
    {
        "id": "trial", "title": TEXT, "description": TEXT, "publisher": "nobody (synthetic)", "country": "EU",
        "language": "en", "licence": {"name": "none", "attribution": "none", "redistributable": False},
        "cadence": "0 3 * * *", "stale_after_hours": 48, "streams": [STREAM],
    }
)  # fmt: skip


class Thing(SourceRecord):
    """One synthetic record; a size that is not a number makes it a reject."""

    id: str
    title: str
    size: int

    def record_key(self) -> str:
        """Its id."""
        return self.id


class Connector:
    """Reads the landed JSON list."""

    def fetch(self, stream: Stream, context: Any) -> Iterator[Part]:
        """Not used: the chain lands what it is given."""
        raise NotImplementedError

    def read(self, source: Source, stream: Stream, part: LandedPart) -> Iterator[RawRecord]:
        """One record an item."""
        for number, item in enumerate(json.loads(part.path.read_bytes()), 1):
            yield RawRecord(f"item {number}", item)


@dataclass(frozen=True)
class State:
    """Everything that must be the same after a fault and a rerun as without the fault."""

    raw: list[tuple[Any, ...]]
    rejects: list[tuple[Any, ...]]
    live: list[tuple[Any, ...]]
    published_releases: int
    entity_events: list[tuple[Any, ...]]
    release_events: int
    stage_tables: int


@dataclass(frozen=True)
class Chain:
    """One warehouse and its folders."""

    home: Path
    work: Path

    @property
    def cluster(self) -> Cluster:
        """The server, wherever it listens now."""
        port = running_port(self.home)
        assert port is not None, "the server does not run"
        return embedded_cluster(self.home, port)

    @contextmanager
    def engine(self, role: Any) -> Iterator[Engine]:
        """An engine for the time of the block."""
        engine = self.cluster.engine(role)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def admin(self) -> Iterator[Engine]:
        """An engine as superuser in the warehouse."""
        cluster = self.cluster
        engine = create_engine(cluster.admin_url(cluster.database), isolation_level="AUTOCOMMIT")
        try:
            yield engine
        finally:
            engine.dispose()

    def run(self, items: list[Item], *, files: bool = False) -> str:
        """Everything once, in this process, as the DAGs would do it; returns the run's id."""
        run_id = self.ingest(items)
        self.harmonise()
        self.publish(files=files)
        return run_id

    def ingest(self, items: list[Item]) -> str:
        """Land, load and merge a complete listing."""
        with _invented(), self.engine("loader") as engine:
            run_id = ops.start_run(engine, "ingest", "trial", {})
            part = Part("a.json", json.dumps(items).encode(), "application/json", "test://a")
            landed = land(self.work / "landing", "trial", "things", run_id, [part], {})
            with engine.begin() as connection:
                ops.record_landed(connection, run_id, landed, "landed")
            stage(engine, SOURCE, STREAM, run_id, read_landed(landed.folder))
            merge(engine, SOURCE, run_id, {"things": landed})
        return run_id

    def harmonise(self) -> str | None:
        """Build and switch in a release, if something changed; state decides, as in ``dags.harmonise``."""
        with _invented(), self.engine("publisher") as publisher:
            with publisher.connect() as connection:
                if not release.what_changed(connection):
                    return None
            opened = release.open_release(publisher, {"test": True})
            with self.engine("transformer") as transformer:
                _build(transformer, opened.build_schema)
            release.set_status(publisher, opened.release_id, "audited")
            release.switch(publisher, opened.release_id)
            return opened.release_id

    def publish(self, *, files: bool) -> None:
        """The feed as files, and the release's own files where wanted; what is there already is left."""
        with self.engine("publisher") as engine:
            export_feed(engine, self.work / "published" / "feed")
            with engine.connect() as connection:
                live = release.live_release(connection)
                assert live is not None
                query = text("select count(*) from ops.publication where release_id = :id")
                known = connection.execute(query, {"id": live.release_id}).scalar_one()
            if files and not known:
                publish_release(engine, live.release_id, live.schema, self.work / "published")

    def state(self) -> State:
        """What can be compared."""
        with self.admin() as engine, engine.connect() as connection:

            def rows(query: str) -> list[tuple[Any, ...]]:
                return [tuple(row) for row in connection.execute(text(query))]

            return State(
                raw=rows(
                    "select record_key, payload::text, deleted_at is null, version, payload_hash::text"
                    " from raw.trial__things order by 1"
                ),
                rejects=rows("select record_key, errors::text, status from ops.reject order by raw_hash, id"),
                live=rows("select news_item_id, news_title from traforo_v1.news_item order by 1"),
                published_releases=rows("select count(*) from ops.release where status = 'published'")[0][0],
                entity_events=rows(
                    "select type, aggregateid, payload::text from ops.outbox where aggregatetype <> 'release'"
                    " order by type, aggregateid, payload::text"
                ),
                release_events=rows("select count(*) from ops.outbox where aggregatetype = 'release'")[0][0],
                stage_tables=rows("select count(*) from pg_tables where schemaname = 'stage'")[0][0],
            )

    def reset(self) -> None:
        """An empty warehouse."""
        with self.admin() as admin, admin.connect() as connection:
            schemas = connection.execute(
                text("select nspname from pg_namespace where nspname ~ '^(build|release|traforo_v1|bi|store)'")
            ).scalars()
            for schema in list(schemas):
                connection.execute(text(f'drop schema "{schema}" cascade'))
            tables = connection.execute(
                text(
                    "select format('%I.%I', schemaname, tablename) from pg_tables"
                    " where schemaname in ('ops', 'raw') and tablename <> 'alembic_version'"
                )
            ).scalars()
            connection.execute(text(f"truncate {', '.join(tables)} restart identity cascade"))
            connection.execute(text("drop table if exists stage.trial__things cascade"))

    def in_child(self, work: Callable[[], Any], failpoint: str | None = None, **environment: str) -> int:
        """Do ``work`` in a forked process and wait; returns its exit code, negative for a signal."""
        return wait_for(self.start_child(work, failpoint, **environment))

    def start_child(self, work: Callable[[], Any], failpoint: str | None = None, **environment: str) -> int:
        """Start ``work`` in a forked process; returns its pid."""
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            os.environ.update(environment)
            if failpoint:
                os.environ["TRAFORO_FAILPOINT"] = failpoint
            work()
            code = 0
        except BaseException as error:
            told = "".join(traceback.format_exception_only(error)).strip()[:400]  # short: the disk may be "full"
            with (self.work / "child.log").open("w") as log:
                log.write(told)
        finally:
            os._exit(code)


def wait_for(pid: int) -> int:
    """Exit code of a child, negative for a signal."""
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


KILLED = -signal.SIGKILL


def thing(number: int, title: str = "a title", size: Any = 1) -> Item:
    """One item; ``size=BAD`` makes it a reject."""
    return {"id": f"T{number:03}", "title": title, "size": size}


@contextmanager
def _invented() -> Iterator[None]:
    """Put the invented source in the place of a real one, and keep other people's edits from looking like new code."""
    with (
        patch.multiple(warehouse.load, get_connector=lambda _source: Connector(), get_contract=lambda _stream: Thing),
        patch.object(warehouse.release, "code_digest", lambda: "the same code"),
    ):
        yield


def _build(engine: Engine, schema: str) -> None:
    """All tables of the model, empty but for ``news_item``, which holds what ``raw`` holds."""
    with engine.begin() as connection:
        connection.execute(text(f'create schema "{schema}"'))
        connection.execute(text(f'create schema "{schema}_bi"'))
        for table in load_model().published("core"):
            columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
            key = ", ".join(f'"{name}"' for name in table.primary_key)
            connection.execute(text(f'create table "{schema}"."{table.name}" ({columns}, primary key ({key}))'))
        connection.execute(
            text(
                f'insert into "{schema}".news_item (news_item_id, news_title, language_code, is_stale)'
                " select record_key, payload ->> 'title', 'fr', false from raw.trial__things where deleted_at is null"
            )
        )
