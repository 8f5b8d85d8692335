"""The server goes away, the disk is full: clean failures, and the same again is as if nothing had happened."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from fault_chain import Chain, Item, State, thing, wait_for
from sqlalchemy import Connection, text

from warehouse import embedded

FIRST = [thing(n) for n in range(20)]
SECOND = [thing(n, "changed") for n in range(1, 21)]


@pytest.fixture(scope="module")
def unbroken(fault_home: Path, tmp_path_factory: pytest.TempPathFactory) -> State:
    """The state after both listings without any fault."""
    chain = Chain(fault_home, tmp_path_factory.mktemp("unbroken"))
    chain.reset()
    chain.run(FIRST)
    chain.run(SECOND)
    return chain.state()


def paused_at(chain: Chain, failpoint: str, items: list[Item]) -> tuple[int, Path]:
    """A child that runs the chain and stands still at the failpoint; removing the file lets it go on."""
    marker = chain.work / "paused"
    pid = chain.start_child(lambda: chain.run(items), f"{failpoint}:wait", TRAFORO_FAILPOINT_FILE=str(marker))
    deadline = time.monotonic() + 30
    while not marker.exists():
        assert time.monotonic() < deadline, (chain.work / "child.log").read_text()
        time.sleep(0.01)
    return pid, marker


def rerun_is_whole(chain: Chain, unbroken: State) -> None:
    assert chain.in_child(lambda: chain.run(SECOND)) == 0, (chain.work / "child.log").read_text()
    assert chain.state() == unbroken


@pytest.mark.parametrize("failpoint", ["load.chunk", "merge.rows", "switch.events"])
def test_the_server_is_restarted_in_the_middle(chain: Chain, unbroken: State, failpoint: str) -> None:
    chain.run(FIRST)
    pid, marker = paused_at(chain, failpoint, SECOND)
    embedded.stop(chain.home, mode="immediate")
    embedded.start(chain.home)
    marker.unlink()
    assert wait_for(pid) == 1
    assert len(chain.state().live) == 20  # readers have what they had
    rerun_is_whole(chain, unbroken)


@pytest.mark.parametrize(
    "failpoint", ["load.chunk", "load.before_commit", "merge.before_commit", "switch.before_commit"]
)
def test_the_connection_is_cut_in_a_copy_and_before_a_commit(chain: Chain, unbroken: State, failpoint: str) -> None:
    chain.run(FIRST)
    pid, marker = paused_at(chain, failpoint, SECOND)
    with chain.admin() as admin, admin.connect() as connection:
        cut = connection.execute(
            text(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                " where application_name in ('traforo loader', 'traforo publisher')"
            )
        ).scalar_one()
    assert cut >= 1
    marker.unlink()
    assert wait_for(pid) == 1
    rerun_is_whole(chain, unbroken)


@contextmanager
def another_session(chain: Chain) -> Iterator[Connection]:
    """Somebody else at work in the same tables, in a transaction of their own and more patient than the loader."""
    with chain.admin() as admin, admin.connect() as connection:
        connection.execute(text("set deadlock_timeout = '1h'"))
        connection.execute(text("begin"))
        yield connection


def test_the_victim_of_a_deadlock_leaves_nothing_half_done(chain: Chain, unbroken: State) -> None:
    chain.run(FIRST)
    with another_session(chain) as other:
        # The loader marks this record as deleted after it has written the others.
        other.execute(text("select from raw.trial__things where record_key = 'T000' for update"))
        pid, marker = paused_at(chain, "merge.rows", SECOND)
        with ThreadPoolExecutor(1) as aside:
            waits = aside.submit(
                other.execute, text("update raw.trial__things set part = part where record_key = 'T001'")
            )
            wait_until_blocked(chain)
            marker.unlink()
            assert wait_for(pid) == 1
            assert waits.result().rowcount == 1
        other.execute(text("rollback"))
    assert "deadlock detected" in (chain.work / "child.log").read_text()
    assert len(chain.state().live) == 20
    rerun_is_whole(chain, unbroken)


def wait_until_blocked(chain: Chain) -> None:
    """Until a session waits for a lock."""
    deadline = time.monotonic() + 30
    with chain.admin() as admin, admin.connect() as connection:
        waiting = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
        while not connection.execute(waiting).scalar_one():
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.02)


def test_a_serialization_failure_leaves_nothing_half_done(chain: Chain, unbroken: State) -> None:
    chain.run(FIRST)
    with chain.admin() as admin, admin.connect() as connection:
        connection.execute(text("alter role traforo_loader set default_transaction_isolation = 'serializable'"))
        try:
            pid, marker = paused_at(chain, "merge.rows", SECOND)
            connection.execute(text("update raw.trial__things set part = part where record_key = 'T000'"))
            marker.unlink()
            assert wait_for(pid) == 1
        finally:
            connection.execute(text("alter role traforo_loader reset default_transaction_isolation"))
    assert "could not serialize access" in (chain.work / "child.log").read_text()
    assert len(chain.state().live) == 20
    rerun_is_whole(chain, unbroken)


def limited(work: Callable[[], object]) -> Callable[[], None]:
    """``work`` in a process that cannot write a file beyond 512 bytes, as on a full disk."""

    def run() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
        work()

    return run


def test_no_room_for_the_landing(chain: Chain, unbroken: State) -> None:
    chain.run(FIRST)
    assert chain.in_child(limited(lambda: chain.ingest(SECOND))) == 1
    assert "File too large" in (chain.work / "child.log").read_text()
    runs = sorted((chain.work / "landing").glob("*/*/*/run=*"))
    assert [(run / "_manifest.json").exists() for run in runs] == [True, False]
    rerun_is_whole(chain, unbroken)


def test_no_room_for_the_files(chain: Chain, unbroken: State) -> None:
    chain.run(FIRST, files=True)
    latest = (chain.work / "published" / "latest").resolve()
    chain.ingest(SECOND)
    chain.harmonise()
    assert chain.in_child(limited(lambda: chain.publish(files=True))) == 1
    assert (chain.work / "published" / "latest").resolve() == latest
    rerun_is_whole(chain, unbroken)


@pytest.fixture
def small_disk(chain: Chain) -> Iterator[None]:
    """A server none of whose files may grow beyond 17 MB: its log (segments of 16 MB) still can be written."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    embedded.stop(chain.home)
    resource.setrlimit(resource.RLIMIT_FSIZE, (17 << 20, hard))
    try:
        embedded.start(chain.home)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    yield
    embedded.stop(chain.home)
    embedded.start(chain.home)


def test_the_database_cannot_grow(chain: Chain, unbroken: State, small_disk: None) -> None:
    chain.run(FIRST)
    rng = random.Random(1)
    large = [thing(n, rng.randbytes(800).hex()) for n in range(12_000)]
    assert chain.in_child(lambda: chain.ingest(large)) == 1
    assert "could not extend file" in (chain.work / "child.log").read_text()
    assert chain.state().live == [(f"T{n:03}", "a title") for n in range(20)]
    rerun_is_whole(chain, unbroken)


@contextmanager
def tmpfs(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own of that size; only root may mount one, elsewhere the tests above have to do."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "traforo-test", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_really_full_under_the_landing(chain: Chain, unbroken: State) -> None:
    with tmpfs(chain.work / "disk", "1m") as disk:
        small = Chain(chain.home, disk)
        small.run(FIRST)
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as stream, suppress(OSError):
            while True:
                stream.write(b"x" * 4096)
        assert small.in_child(lambda: small.ingest(SECOND)) == 1
        assert len(small.state().live) == 20
        assert len(list((disk / "landing").glob("*/*/*/run=*/_manifest.json"))) == 1
        filler.unlink()
        rerun_is_whole(small, unbroken)


def test_a_disk_that_is_really_full_under_the_database(chain: Chain, unbroken: State) -> None:
    chain.run(FIRST)
    rng = random.Random(2)
    large = [thing(n, rng.randbytes(2000).hex()) for n in range(9_000)]
    outside = Path(tempfile.mkdtemp(prefix="traforo-disk-"))  # pytest's folders are closed to the server's user
    outside.chmod(0o755)
    with tmpfs(outside / "disk", "12m") as disk:
        owner = Path(embedded.paths(chain.home).data).stat()
        os.chown(disk, owner.st_uid, owner.st_gid)
        with chain.admin() as admin, admin.connect() as connection:
            connection.execute(text(f"create tablespace small location '{disk}'"))
            connection.execute(text("alter table raw.trial__things set tablespace small"))
        try:
            assert chain.in_child(lambda: chain.ingest(large)) == 1
            assert "No space left on device" in (chain.work / "child.log").read_text()
            assert chain.state().live == [(f"T{n:03}", "a title") for n in range(20)]
            rerun_is_whole(chain, unbroken)  # the disk is as small as before: what had failed left nothing behind
        finally:
            with chain.admin() as admin, admin.connect() as connection:
                connection.execute(text("alter table raw.trial__things set tablespace pg_default"))
                connection.execute(text("checkpoint"))
                connection.execute(text("drop tablespace small"))
    shutil.rmtree(outside)


def test_two_publishers_at_once_give_one_live_release_and_one_set_of_events(chain: Chain, unbroken: State) -> None:
    chain.run(FIRST)
    chain.ingest(SECOND)
    pids = [chain.start_child(chain.harmonise) for _ in range(3)]
    codes = [wait_for(pid) for pid in pids]
    assert 0 in codes
    chain.publish(files=False)
    found = chain.state()
    assert found.live == unbroken.live
    assert found.published_releases == 1
    assert found.entity_events == unbroken.entity_events
