"""A backup brings the same rows back, or leaves everything as it was."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from traforo import pipeline
from traforo.consume import Copy, DatabaseFeed, follow
from traforo.settings import Settings
from warehouse import backup, embedded, feed, outbox, release
from warehouse.cluster import Cluster, connect_cluster

Sums = dict[str, tuple[int, str]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server of its own: a restore replaces the whole database."""
    home = tmp_path_factory.mktemp("backup")
    with connect_cluster(home) as cluster:
        pipeline.upgrade_database(Settings(home))
        engine = cluster.engine("publisher")
        opened = release.open_release(engine, {"test": True})
        transformer = cluster.engine("transformer")
        with transformer.begin() as connection:
            for suffix in ("", "_bi"):
                connection.execute(text(f'create schema "{opened.build_schema}{suffix}"'))
            connection.execute(
                text(f'create table "{opened.build_schema}".site (site_id text primary key, site_name text)')
            )
            connection.execute(
                text(
                    f"insert into \"{opened.build_schema}\".site select 'S' || n, 'é'''  from generate_series(1, 50) n"
                )
            )
        transformer.dispose()
        release.set_status(engine, opened.release_id, "audited")
        release.switch(engine, opened.release_id)
        engine.dispose()
        loader = cluster.engine("loader")
        with loader.begin() as connection:
            connection.execute(
                text(
                    "insert into ops.run (run_id, source, kind, reason) values ('r1', 'actif', 'ingest', '{\"a\": 1}')"
                )
            )
            connection.execute(text("create table stage.batch (x int)"))
            connection.execute(text("insert into stage.batch values (1)"))
        loader.dispose()
        yield cluster
    shutil.rmtree(embedded.paths(home).base, ignore_errors=True)


def sums(cluster: Cluster) -> Sums:
    admin = create_engine(cluster.admin_url(cluster.database))
    with admin.connect() as connection:
        found = backup.table_sums(connection)
    admin.dispose()
    return found


def change(cluster: Cluster) -> None:
    owner = cluster.engine("owner")
    with owner.begin() as connection:
        connection.execute(text("update ops.run set outcome = 'failed'"))
        connection.execute(text("create table ops.later (x int)"))
    owner.dispose()


def test_the_same_rows_come_back_with_their_rights_and_the_landing(server: Cluster, tmp_path: Path) -> None:
    landing, file = tmp_path / "landing", tmp_path / "b.tar"
    (landing / "actif").mkdir(parents=True)
    (landing / "actif" / "part").write_bytes(b"\x00bytes")
    (landing / "actif" / "linked").hardlink_to(landing / "actif" / "part")
    before = sums(server)
    written = backup.backup(server, file, landing)
    assert dict(written.sums) == before
    assert written.rows > 50
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("landing", "b.tar")] == []
    change(server)
    shutil.rmtree(landing)
    restored = backup.restore(server, file, landing)
    assert restored.created_at == written.created_at
    after = sums(server)
    assert {name: total for name, total in after.items() if name != "ops.feed_epoch"} == {
        name: total for name, total in before.items() if name != "ops.feed_epoch"
    }
    assert (landing / "actif" / "part").read_bytes() == (landing / "actif" / "linked").read_bytes() == b"\x00bytes"
    reader = server.engine("reader")
    with reader.connect() as connection:
        assert connection.execute(text("select count(*) from site")).scalar_one() == 50
        with pytest.raises(Exception, match="permission denied"):
            connection.execute(text("select * from ops.run"))
    reader.dispose()
    assert pipeline.upgrade_database(Settings(server.home))
    names = _databases(server)
    assert [name for name in names if "before" in name] == []


def test_a_consumer_ahead_of_the_backup_takes_a_snapshot(server: Cluster, tmp_path: Path) -> None:
    engine = server.engine("publisher")
    with closing(Copy(tmp_path / "copy.sqlite")) as copy:
        follow(copy, DatabaseFeed(engine))
        known = copy.cursor
        engine.dispose()
        backup.backup(server, tmp_path / "b.tar")
        with engine.begin() as connection:
            outbox.write_event(connection, "site", "S1", "eu.traforo.site.deleted", {"key": {"site_id": "S1"}}, None)
        assert follow(copy, DatabaseFeed(engine)).events == 1
        assert len(copy.rows("site")) == 49
        engine.dispose()
        backup.restore(server, tmp_path / "b.tar")
        assert feed.read_changes(engine, known).events == []
        assert follow(copy, DatabaseFeed(engine)).snapshots == 1
        assert len(copy.rows("site")) == 50
    engine.dispose()


def broken_dump(_: bytes) -> bytes:
    return b"not a dump"


def wrong_sums(body: bytes) -> bytes:
    manifest: dict[str, Any] = json.loads(body)
    manifest["sums"]["ops.run"] = [99, "1"]
    return json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("member", "spoil", "message"),
    [
        ("warehouse.dump", broken_dump, "pg_restore failed"),
        ("manifest.json", wrong_sums, "other rows came back in ops.run"),
    ],
)
def test_a_spoilt_backup_leaves_everything_as_it_was(
    server: Cluster, tmp_path: Path, member: str, spoil: Callable[[bytes], bytes], message: str
) -> None:
    good, bad = tmp_path / "good.tar", tmp_path / "bad.tar"
    backup.backup(server, good)
    with tarfile.open(good) as source, tarfile.open(bad, "w") as target:
        for info in source:
            content = source.extractfile(info)
            assert content is not None
            body = content.read()
            body = spoil(body) if info.name == member else body
            info.size = len(body)
            target.addfile(info, io.BytesIO(body))
    before = sums(server)
    with pytest.raises(RuntimeError, match=message):
        backup.restore(server, bad)
    assert sums(server) == before
    assert [name for name in _databases(server) if "before" in name] == []


def test_a_file_that_is_no_backup_and_a_database_in_use_are_refused(server: Cluster, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="not a backup"):
        backup.restore(server, tmp_path / "x.tar")
    backup.backup(server, tmp_path / "good.tar")
    reader = server.engine("reader")
    with reader.connect() as connection:
        connection.execute(text("select 1"))
        with pytest.raises(RuntimeError, match="in use \\(traforo reader\\)"):
            backup.restore(server, tmp_path / "good.tar")
    reader.dispose()


def _databases(server: Cluster) -> list[str]:
    admin = create_engine(server.admin_url())
    with admin.connect() as connection:
        names = [str(name) for name in connection.execute(text("select datname from pg_database")).scalars()]
    admin.dispose()
    return names
