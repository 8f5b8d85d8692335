"""The web side: what is let in, what is noted, what goes out."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from publish.feed import export_feed
from traforo import signing, webhook
from traforo.consume import Copy, FolderFeed, HttpFeed, follow
from traforo.settings import Settings
from warehouse import feed, release
from warehouse.cluster import Cluster
from warehouse.secrets import retire, rotate

Row = Callable[..., dict[str, Any]]
Build = Callable[..., str]
NOW = 1_800_000_000
BODY = json.dumps({"type": "org.example.changed", "name": "Jeanne Doe (fictif)"}).encode()


@dataclass
class Web:
    client: TestClient
    settings: Settings
    engine: Engine
    secrets: dict[str, str] = field(default_factory=dict)

    def send(
        self, source: str = "actif", message: str = "msg_1", body: bytes = BODY, at: int = NOW, **headers: str
    ) -> Any:
        secret = signing.shown(self.secrets.get(source, "x" * 32))
        signed = {**signing.sign([secret], message, at, body), **headers}
        return self.client.post(f"/inbound/{source}", content=body, headers=signed)

    def rows(self) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(text("select * from ops.inbound order by id")).mappings()]


@pytest.fixture
def web(server_home: Path, warehouse: Cluster) -> Iterator[Web]:
    settings = Settings(server_home)
    engine = warehouse.engine("loader")
    with TestClient(webhook.create_app(lambda: settings, lambda: NOW)) as client:
        made = Web(client, settings, engine)
        made.secrets["actif"] = rotate(server_home, webhook.sender_secret("actif"))
        made.secrets["reader"] = rotate(server_home, webhook.READERS)
        yield made
    for name in (webhook.sender_secret("actif"), webhook.READERS):
        retire(server_home, name, keep=0)
    engine.dispose()


def test_a_signed_message_is_noted_once_and_its_body_is_not_kept(web: Web) -> None:
    first, again = web.send(), web.send()
    assert (first.status_code, first.json()) == (202, {"status": "accepted", "repeated": False})
    assert (again.status_code, again.json()) == (202, {"status": "accepted", "repeated": True})
    [row] = web.rows()
    assert (row["source"], row["kind"], row["uri"], row["status"]) == ("actif", "webhook", "org.example.changed", "new")
    assert "Jeanne" not in str(row)
    assert web.send(message="msg_2").status_code == 202
    assert len(web.rows()) == 2


def test_the_same_message_five_times_at_once_is_one_row(web: Web) -> None:
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(web.send().status_code)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * 5
    assert len(web.rows()) == 1


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("actif", {"webhook-signature": "v1,AAAA"}),
        ("actif", {"webhook-id": "other"}),
        ("actif", {"at": NOW - 301}),
        ("actif", {"at": NOW + 301}),
        ("synergie", {}),  # no secret was made for it
        ("nobody", {}),
        ("actif'--", {}),
    ],
)
def test_what_is_not_signed_rightly_gets_401_and_leaves_nothing(web: Web, source: str, options: dict[str, Any]) -> None:
    answer = web.send(source, **options)
    assert answer.status_code == 401
    assert answer.json() == {"detail": "not authorised"}
    assert web.rows() == []


def test_one_changed_byte_of_the_body_is_noticed(web: Web) -> None:
    headers = signing.sign([signing.shown(web.secrets["actif"])], "msg", NOW, BODY)
    assert web.client.post("/inbound/actif", content=BODY.replace(b"D", b"d"), headers=headers).status_code == 401
    assert web.rows() == []


def test_secrets_rotate_without_a_refused_message(web: Web) -> None:
    old = web.secrets["actif"]
    new = rotate(web.settings.home, webhook.sender_secret("actif"))
    assert web.send(message="by-old").status_code == 202
    web.secrets["actif"] = new
    assert web.send(message="by-new").status_code == 202
    retire(web.settings.home, webhook.sender_secret("actif"))
    web.secrets["actif"] = old
    assert web.send(message="by-retired").status_code == 401


@pytest.mark.parametrize("body", [b"", b"[" * 60_000, b"\xff\x00", b'{"type": 5}', b'{"type": "a b"}', b"null"])
def test_a_strange_body_is_a_message_all_the_same(web: Web, body: bytes) -> None:
    assert web.send(body=body).status_code == 202
    assert web.rows()[0]["uri"] == "message"


def test_a_large_body_is_refused_before_it_is_read_whole(web: Web) -> None:
    assert web.send(body=b"x" * (webhook.MOST_BYTES + 1)).status_code == 413
    assert web.rows() == []


def test_other_methods_and_paths_are_not_there(web: Web) -> None:
    assert web.client.get("/inbound/actif").status_code == 405
    assert web.client.post("/changes").status_code == 405
    assert web.client.get("/").status_code == 404


@pytest.mark.parametrize("path", ["/changes", "/snapshot"])
@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer ", "Bearer nonsense", "Basic {token}", "{token}", "Bearer é"]
)
def test_without_a_token_nothing_is_read(web: Web, path: str, header: str | None) -> None:
    given = header.format(token=web.secrets["reader"]).encode() if header else None
    answer = web.client.get(path, headers={"Authorization": given} if given else {})
    assert answer.status_code == 401


def authorised(web: Web) -> dict[str, str]:
    return {"Authorization": f"Bearer {web.secrets['reader']}"}


def test_changes_page_by_page_with_etag(web: Web, publisher: Engine, build: Build, flow: Row) -> None:
    release.switch(publisher, build(flow=[flow("F1", "123456789012345.125"), flow("F2")]))
    first = web.client.get("/changes?limit=2", headers=authorised(web))
    assert first.status_code == 200
    assert b"123456789012345.125" in first.content
    assert first.json()["full"] is True
    assert "immutable" in first.headers["cache-control"]
    same = web.client.get("/changes?limit=2", headers={**authorised(web), "If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    rest = web.client.get(f"/changes?after={first.json()['next']}", headers=authorised(web))
    assert [event["type"] for event in rest.json()["events"]] == ["eu.traforo.release.published"]
    assert "no-cache" in rest.headers["cache-control"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=99999999999999", "limit=-1", "after=x", "after=%00"])
def test_wrong_questions_are_answered_400(web: Web, query: str) -> None:
    assert web.client.get(f"/changes?{query}", headers=authorised(web)).status_code == 400


def test_an_expired_cursor_is_410_and_points_to_the_snapshot(
    web: Web, warehouse: Cluster, publisher: Engine, build: Build, flow: Row
) -> None:
    release.switch(publisher, build(flow=[flow("F1")]))
    owner = warehouse.engine("owner")
    with owner.begin() as connection:
        feed.trim(connection, datetime.now(UTC) + timedelta(seconds=1))
    owner.dispose()
    answer = web.client.get("/changes", headers=authorised(web))
    assert answer.status_code == 410
    assert answer.json()["snapshot"] == "snapshot"


def test_a_consumer_over_http_ends_where_the_tables_are(
    web: Web, publisher: Engine, build: Build, flow: Row, live_rows: Any, same: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def through_the_app(url: str, **options: Any) -> Any:
        answer = web.client.get(url.removeprefix("http://feed.example"), headers=options["headers"])
        return _Answer(answer)

    monkeypatch.setattr("traforo.consume.requests.get", through_the_app)
    source = HttpFeed("http://feed.example", web.secrets["reader"])
    folder = web.settings.published / "feed"
    with closing(Copy(tmp_path / "http.sqlite")) as copy, closing(Copy(tmp_path / "files.sqlite")) as beside:
        assert follow(copy, source).snapshots == 0  # nothing published yet
        release.switch(publisher, build(flow=[flow("F1"), flow("F2")]))
        export_feed(publisher, folder)
        assert follow(copy, source).events in (0, 3)
        release.switch(publisher, build(flow=[flow("F2", "8"), flow("F3")]))
        export_feed(publisher, folder)
        follow(copy, source)
        follow(beside, FolderFeed(folder))
        assert same(copy.rows("flow")) == same(beside.rows("flow")) == live_rows("flow")
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()


class _Answer:
    """A test client's answer with the few things of ``requests`` that the consumer uses."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.status_code, self.content = answer.status_code, answer.content

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self._answer.close()

    def json(self) -> Any:
        return self._answer.json()

    def raise_for_status(self) -> None:
        self._answer.raise_for_status()

    def iter_lines(self) -> Iterator[bytes]:
        yield from self.content.splitlines()
