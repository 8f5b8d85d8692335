"""The change feed as files: pages that never change once full, a snapshot, and an index that is replaced last.

Any web server can serve the folder; ``traforo.consume.FolderFeed`` shows how it is read. ``index.json`` lists the
pages with the cursors before and after them, the cursor of the end (``head``) and the snapshot with its own cursor.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from warehouse import feed
from warehouse.failpoints import failpoint

_KEPT_SNAPSHOTS = 2


@dataclass(frozen=True)
class PageFile:
    """One page.

    Attributes:
        href: path inside the folder; the name holds the hash of the content.
        after, next: cursors before its first and of its last event.
        full: it will never change; the last page is replaced by a longer one until it is full.
    """

    href: str
    after: str | None
    next: str
    events: int
    full: bool
    sha256: str


@dataclass(frozen=True)
class FeedFiles:
    """What an export left: pages in all, those written now, and whether a new snapshot was taken."""

    pages: int
    written: int
    snapshot: bool
    head: str | None


def export_feed(engine: Engine, folder: Path, *, page: int = feed.PAGE, rebuild: bool = False) -> FeedFiles:
    """Bring the files of the feed up to date.

    Args:
        engine: connects as publisher.
        folder: where they lie, created if missing.
        page: events of a full page; pages written before keep their size.
        rebuild: write everything anew, as after an erasure.
    """
    (folder / "pages").mkdir(parents=True, exist_ok=True)
    (folder / "snapshots").mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two exports at once would tidy each other's pages away
        return _export(engine, folder, page, rebuild=rebuild)


def _export(engine: Engine, folder: Path, page: int, *, rebuild: bool) -> FeedFiles:
    known = {} if rebuild else _index(folder)
    pages = _still_valid(engine, [PageFile(**entry) for entry in known.get("pages", [])])
    new = _new_pages(engine, folder, [p for p in pages if p.full], page)
    pages = [p for p in pages if p.full] + new
    failpoint("feed.pages")
    snapshot, taken = _snapshot(engine, folder, known.get("snapshot"))
    failpoint("feed.snapshot")
    written = [p for p in new if p.href not in {entry["href"] for entry in known.get("pages", [])}]
    head = pages[-1].next if pages else (snapshot or {}).get("cursor")
    if written or taken or not known:
        index = {"head": head, "pages": [asdict(p) for p in pages], "snapshot": snapshot}
        _write(folder / "index.json", [json.dumps(index, indent=1).encode()])
        _tidy(folder, {p.href for p in pages}, snapshot)
    return FeedFiles(len(pages), len(written), taken, head)


def _index(folder: Path) -> dict[str, Any]:
    try:
        index: dict[str, Any] = json.loads((folder / "index.json").read_bytes())
    except FileNotFoundError:
        return {}
    return index


def _still_valid(engine: Engine, pages: list[PageFile]) -> list[PageFile]:
    """Pages whose beginning the database still knows; after a restore or past the keep time they go."""
    for position, entry in enumerate(pages):
        try:
            feed.read_changes(engine, entry.after, 1)
        except feed.CursorExpired:
            continue
        try:
            feed.read_changes(engine, pages[-1].next, 1)
        except feed.CursorExpired:  # the end is from a history that was lost: cut elsewhere, so all is written anew
            return []
        return pages[position:]
    return []


def _new_pages(engine: Engine, folder: Path, full: list[PageFile], size: int) -> list[PageFile]:
    cursor = full[-1].next if full else _first(engine)
    found: list[PageFile] = []
    while True:
        content = feed.read_changes(engine, cursor, size)
        if not content.events:
            return found
        body = feed.encode({"after": cursor, "next": content.next, "full": content.full, "events": content.events})
        digest = hashlib.sha256(body).hexdigest()
        href = f"pages/{content.events[0]['sequence'].replace('.', '-')}-{digest[:12]}.json"
        if not (folder / href).exists():
            _write(folder / href, [body])
        found.append(PageFile(href, cursor, content.next, len(content.events), content.full, digest))
        if not content.full:
            return found
        cursor = content.next


def _first(engine: Engine) -> str | None:
    """Cursor before the first event that is kept."""
    with engine.connect() as connection:
        floor = feed.floor(connection)
    return None if floor == feed.START else floor.cursor


def _snapshot(engine: Engine, folder: Path, known: dict[str, Any] | None) -> tuple[dict[str, Any] | None, bool]:
    """Entry of the snapshot of the live release; taken anew when another release is live or its cursor is too old."""
    with closing(feed.snapshot_lines(engine)) as lines:
        try:
            first = next(lines)
        except LookupError:
            return None, False
        head = json.loads(first)
        current = known is not None and known["release_id"] == head["release_id"] and (folder / known["href"]).exists()
        if known and current and _leads_on(engine, known["cursor"]):
            return known, False
        href = f"snapshots/{head['release_id']}-{head['sequence'].replace('.', '-')}.ndjson.gz"
        temporary = folder / f"{href}.part"
        with temporary.open("wb") as stream, gzip.GzipFile("", "wb", 6, stream, mtime=0) as packed:
            packed.write(first)
            for line in lines:
                packed.write(line)
        temporary.replace(folder / href)
    return {"release_id": head["release_id"], "cursor": head["cursor"], "href": href}, True


def _leads_on(engine: Engine, cursor: str) -> bool:
    try:
        feed.read_changes(engine, cursor, 1)
    except feed.CursorExpired:
        return False
    return True


def _tidy(folder: Path, pages: set[str], snapshot: dict[str, Any] | None) -> None:
    """Remove pages that are not listed any more, and snapshots but the newest (a reader may still be in one)."""
    for path in (folder / "pages").iterdir():
        if f"pages/{path.name}" not in pages:
            path.unlink()
    snapshots = sorted((folder / "snapshots").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for path in snapshots[:-_KEPT_SNAPSHOTS]:
        if snapshot is None or f"snapshots/{path.name}" != snapshot["href"]:
            path.unlink()


def _write(target: Path, chunks: Iterable[bytes]) -> None:
    temporary = target.with_name(f"{target.name}.part")
    with temporary.open("wb") as stream:
        for chunk in chunks:
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(target)
