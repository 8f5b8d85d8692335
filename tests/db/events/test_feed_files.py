"""The feed as files: full pages never change, a reader of the files ends where a reader of the database ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from publish.feed import export_feed
from traforo.consume import Copy, FolderFeed, follow
from warehouse import feed, release
from warehouse.cluster import Cluster

Row = Callable[..., dict[str, Any]]
Build = Callable[..., str]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_released_gives_an_empty_index(publisher: Engine, tmp_path: Path) -> None:
    done = export_feed(publisher, tmp_path)
    assert (done.pages, done.snapshot, done.head) == (0, False, None)
    assert json.loads((tmp_path / "index.json").read_text()) == {"head": None, "pages": [], "snapshot": None}


def test_full_pages_stay_as_they_are_and_the_last_one_grows(
    publisher: Engine, build: Build, flow: Row, tmp_path: Path
) -> None:
    release.switch(publisher, build(flow=[flow(f"F{n:02}") for n in range(25)]))
    first = export_feed(publisher, tmp_path, page=10)
    assert (first.pages, first.written, first.snapshot) == (3, 3, True)
    before = files(tmp_path)
    assert export_feed(publisher, tmp_path, page=10).written == 0
    assert files(tmp_path) == before
    release.switch(publisher, build(flow=[flow("F00", "7")]))
    second = export_feed(publisher, tmp_path, page=10)
    after = files(tmp_path)
    index = json.loads(after["index.json"])
    assert second.pages == len(index["pages"]) == 6
    full = [page["href"] for page in index["pages"] if page["full"]]
    assert len(full) == 5
    assert {name: after[name] for name in full[:2]} == {name: before[name] for name in full[:2]}
    assert sum(page["events"] for page in index["pages"]) == 26 + 26
    assert all(b["after"] == a["next"] for a, b in zip(index["pages"], index["pages"][1:], strict=False))
    assert index["head"] == feed.read_changes(publisher, limit=5000).next
    assert not [name for name in after if name.endswith(".part")]


def test_a_copy_made_from_files_follows_them(
    publisher: Engine, build: Build, flow: Row, live_rows: Any, same: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "feed"
    with closing(Copy(tmp_path / "copy.sqlite")) as copy:
        for step in range(5):
            release.switch(publisher, build(flow=[flow(f"F{n:02}", str(step)) for n in range(step, 12)]))
            export_feed(publisher, folder, page=7)
            done = follow(copy, FolderFeed(folder))
            assert done.snapshots == (step == 0)
            assert same(copy.rows("flow")) == live_rows("flow")
        assert follow(copy, FolderFeed(folder)).events == 0


def test_a_consumer_behind_the_kept_pages_takes_the_snapshot(
    warehouse: Cluster, publisher: Engine, build: Build, flow: Row, live_rows: Any, same: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "feed"
    release.switch(publisher, build(flow=[flow("F1")]))
    export_feed(publisher, folder, page=1)
    with closing(Copy(tmp_path / "copy.sqlite")) as copy:
        follow(copy, FolderFeed(folder))
        release.switch(publisher, build(flow=[flow("F2")]))
        release.switch(publisher, build(flow=[flow("F3")]))
        owner = warehouse.engine("owner")
        with owner.begin() as connection:
            feed.trim(connection, datetime.now(UTC) + timedelta(seconds=1))
        owner.dispose()
        release.switch(publisher, build(flow=[flow("F3"), flow("F4")]))
        done = export_feed(publisher, folder, page=1)
        assert done.pages == 2
        assert follow(copy, FolderFeed(folder)).snapshots == 1
        assert same(copy.rows("flow")) == live_rows("flow")


def test_an_index_whose_snapshot_leads_nowhere_is_an_error_not_a_loop(
    publisher: Engine, build: Build, flow: Row, tmp_path: Path
) -> None:
    release.switch(publisher, build(flow=[flow("F1")]))
    export_feed(publisher, tmp_path / "feed")
    index = json.loads((tmp_path / "feed/index.json").read_text())
    (tmp_path / "feed/index.json").write_text(json.dumps({**index, "pages": [], "head": "other"}))
    with closing(Copy(tmp_path / "copy.sqlite")) as copy, pytest.raises(feed.CursorExpired):
        follow(copy, FolderFeed(tmp_path / "feed"))
