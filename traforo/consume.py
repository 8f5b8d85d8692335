"""A reference consumer: keeps a copy of the published entities in an SQLite file, from the change feed alone.

It shows what any consumer has to do, and the tests hold the copy against the tables. The copy starts with a snapshot,
then follows the events from its cursor. Events and cursor are stored in one transaction, so the copy can be killed and
resumed anywhere; an event that comes twice is passed over by its sequence.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import requests
from sqlalchemy import Engine

from warehouse import feed
from warehouse.feed import CursorExpired, Page, encode

_SCHEMA = """
create table if not exists state (
    only_row integer primary key check (only_row = 1), cursor text, sequence text not null, release_id text
);
create table if not exists entity (
    subject text primary key, table_name text not null, data text not null, sequence text not null
) without rowid;
create index if not exists entity_table on entity (table_name);
"""
_TIMEOUT_S = (10, 120)


class Feed(Protocol):
    """Where a consumer reads."""

    def changes(self, after: str | None) -> Page:
        """The page after a cursor.

        Raises:
            CursorExpired: a snapshot is needed.
        """

    def snapshot(self) -> Iterable[bytes]:
        """Lines of the snapshot (see ``warehouse.feed.snapshot_lines``).

        Raises:
            LookupError: there is none yet.
        """


@dataclass(frozen=True)
class DatabaseFeed:
    """The feed read from the warehouse itself."""

    engine: Engine
    limit: int = feed.PAGE

    def changes(self, after: str | None) -> Page:
        """See ``Feed``."""
        return feed.read_changes(self.engine, after, self.limit)

    def snapshot(self) -> Iterable[bytes]:
        """See ``Feed``."""
        return feed.snapshot_lines(self.engine)


@dataclass(frozen=True)
class FolderFeed:
    """The feed as published in files (``index.json``, ``pages/``, ``snapshots/``)."""

    folder: Path

    def changes(self, after: str | None) -> Page:
        """See ``Feed``."""
        index = json.loads((self.folder / "index.json").read_bytes())
        if after is not None and after == index["head"]:
            return Page([], after, full=False)
        for page in index["pages"]:
            if after is not None and page["after"] != after:
                continue
            content = _parse((self.folder / page["href"]).read_bytes())
            return Page(content["events"], content["next"], full=True)
        inside = self._inside(index, after)
        if inside is None:
            raise CursorExpired("this cursor is not in the published pages; start again from the snapshot")
        return inside

    def _inside(self, index: Mapping[str, Any], after: str | None) -> Page | None:
        """The rest of the page that holds the cursor, where another reader's pages were cut elsewhere."""
        for page in reversed(index["pages"]):
            content = _parse((self.folder / page["href"]).read_bytes())
            for position, event in enumerate(content["events"]):
                if event["traforocursor"] == after:
                    return Page(content["events"][position + 1 :], content["next"], full=True)
        return None

    def snapshot(self) -> Iterable[bytes]:
        """See ``Feed``."""
        index = json.loads((self.folder / "index.json").read_bytes())
        with gzip.open(self.folder / index["snapshot"]["href"]) as stream:
            yield from stream


@dataclass(frozen=True)
class HttpFeed:
    """The feed over HTTP.

    Attributes:
        url: root of the service, e.g. ``http://127.0.0.1:8080/traforo``.
        token: bearer token of a reader.
    """

    url: str
    token: str

    def _get(self, path: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.get(f"{self.url.rstrip('/')}/{path}", headers=headers, timeout=_TIMEOUT_S, stream=True)

    def changes(self, after: str | None) -> Page:
        """See ``Feed``."""
        with self._get(f"changes?after={quote(after)}" if after else "changes") as answer:
            if answer.status_code == requests.codes.gone:
                raise CursorExpired(str(answer.json().get("detail")))
            answer.raise_for_status()
            body = _parse(answer.content)
        return Page(body["events"], body["next"], bool(body["full"]))

    def snapshot(self) -> Iterable[bytes]:
        """See ``Feed``."""
        with self._get("snapshot") as answer:
            if answer.status_code == requests.codes.not_found:
                raise LookupError("the service has no snapshot yet")
            answer.raise_for_status()
            yield from answer.iter_lines()


@dataclass(frozen=True)
class Followed:
    """What one call of ``follow`` did."""

    events: int
    snapshots: int
    release_id: str | None


class Copy:
    """The consumer's own store: one row an entity, views with one column a field, the cursor."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("pragma secure_delete = on")  # what a tombstone removes is not left in free pages
        self._database.executescript(_SCHEMA)
        self._database.execute("insert or ignore into state values (1, null, '', null)")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @property
    def cursor(self) -> str | None:
        """Where to go on; None before the first snapshot."""
        found: str | None = self._state()[0]
        return found

    @property
    def release_id(self) -> str | None:
        """The last release that is whole in the copy."""
        found: str | None = self._state()[2]
        return found

    def _state(self) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._database.execute("select cursor, sequence, release_id from state").fetchone()
        return row

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Rows of one table, by subject."""
        found = self._database.execute("select data from entity where table_name = ? order by subject", (table,))
        return [_parse(data) for (data,) in found]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")

    def load_snapshot(self, lines: Iterable[bytes]) -> None:
        """Replace everything by a snapshot; a cut one changes nothing.

        Raises:
            ValueError: the snapshot is not whole.
        """
        stream = (_parse(line) for line in lines)
        head = next(stream)
        count = 0
        with self._transaction():
            self._database.execute("delete from entity")
            for line in stream:
                if "rows" in line:
                    break
                self._store(line["subject"], line["row"], head["sequence"])
                count += 1
            else:
                raise ValueError("the snapshot is cut")
            if line["rows"] != count:
                raise ValueError(f"the snapshot holds {count} rows, {line['rows']} were announced")
            self._move(head["cursor"], head["sequence"], head["release_id"])
        self._make_views()

    def apply(self, page: Page) -> int:
        """Take a page in, all or nothing; returns how many events were new."""
        sequence, release_id, new = str(self._state()[1]), self.release_id, 0
        with self._transaction():
            for event in page.events:
                if event["sequence"] <= sequence:
                    continue
                sequence, new = event["sequence"], new + 1
                if event["type"].endswith(".release.published"):
                    release_id = event["trafororelease"]
                elif event.get("data") is None:
                    self._database.execute("delete from entity where subject = ?", (event["subject"],))
                elif "traforokey" in event:
                    self._store(event["subject"], event["data"], sequence)
            self._move(page.next, sequence, release_id)
        if new:
            self._make_views()
        return new

    def _store(self, subject: str, row: Mapping[str, Any], sequence: str) -> None:
        values = (subject, subject.partition("/")[0], encode(row).decode(), sequence)
        self._database.execute("insert or replace into entity values (?, ?, ?, ?)", values)

    def _move(self, cursor: str, sequence: str, release_id: str | None) -> None:
        self._database.execute(
            "update state set cursor = ?, sequence = ?, release_id = ?", (cursor, sequence, release_id)
        )

    def _make_views(self) -> None:
        """One view a table, with the fields of its rows as columns."""
        tables = [name for (name,) in self._database.execute("select distinct table_name from entity").fetchall()]
        for table in tables:
            fields = self._database.execute(
                "select distinct f.key from (select data from entity where table_name = ? limit 1) e,"
                " json_each(e.data) f",
                (table,),
            ).fetchall()
            shown = ", ".join(f"data ->> {_quoted(name, chr(39))} as {_quoted(name, chr(34))}" for (name,) in fields)
            name = _quoted(table, chr(34))
            self._database.executescript(
                f"drop view if exists {name}; create view {name} as select {shown} from entity"  # noqa: S608 - quoted
                f" where table_name = {_quoted(table, chr(39))};"
            )


def follow(copy: Copy, source: Feed, pages: int | None = None) -> Followed:
    """Bring the copy up to the end of the feed.

    Args:
        copy: the store; its cursor says where to go on.
        source: the feed.
        pages: most pages to take, all by default.
    """
    events = snapshots = taken = 0
    if copy.cursor is None:
        snapshots += _start(copy, source)
    while pages is None or taken < pages:
        try:
            page = source.changes(copy.cursor)
        except CursorExpired:
            if snapshots:
                raise  # the snapshot itself does not lead on: nothing is gained by taking it again
            copy.load_snapshot(source.snapshot())
            snapshots += 1
            continue
        if not page.events:
            break
        events += copy.apply(page)
        taken += 1
    return Followed(events, snapshots, copy.release_id)


def _start(copy: Copy, source: Feed) -> int:
    try:
        copy.load_snapshot(source.snapshot())
    except LookupError:  # nothing is released yet: there is nothing to copy, and nothing to miss
        return 0
    return 1


def consume(folder: Path, source: Feed) -> Followed:
    """Bring ``<folder>/copy.sqlite`` up to the end of the feed."""
    with closing(Copy(folder / "copy.sqlite")) as copy:
        return follow(copy, source)


def _parse(body: bytes | str) -> Any:
    return json.loads(body, parse_float=Decimal)


def _quoted(name: str, quote_with: str) -> str:
    return quote_with + name.replace(quote_with, quote_with * 2) + quote_with
