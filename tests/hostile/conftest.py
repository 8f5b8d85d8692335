"""A server that can misbehave on the wire, and a source invented for the tests that goes the whole way to ``raw``.

The trial source lists synthetic things: pages of JSON by default, or one file in any format, chosen by
``options.route``. Everything else is the real thing: HTTP client, landing, loader, gate, PostgreSQL.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine, text

from connectors.core import formats
from connectors.core.http import HttpClient, Limits
from connectors.core.paginate import PageNumber, json_facts, walk
from connectors.core.parts import response_part
from connectors.core.source import FetchContext, LandedPart, Part, RawRecord, Source, Stream
from schemas.sources.base import DateText, DecimalText, OptionalText, SourceRecord
from traforo import pipeline
from traforo.settings import Settings
from warehouse.cluster import connect_cluster

Page = Callable[[dict[str, str], dict[str, str], socket.socket], bytes | None]


def answer(body: bytes | str, media_type: str = "application/json", status: int = 200, **headers: str) -> bytes:
    """A well-formed HTTP answer; names in ``headers`` have ``_`` for ``-``."""
    raw = body.encode() if isinstance(body, str) else body
    sent = {"Content-Type": media_type, "Content-Length": str(len(raw)), "Connection": "close"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items() if value)
    return f"HTTP/1.1 {status} Synthetic\r\n{head}\r\n".encode() + raw


@dataclass
class Wire:
    """Paths answered with raw bytes, or by functions of (query, headers, socket)."""

    pages: dict[str, Page | bytes] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(65536)
                if not received:
                    return
                head += received
            lines = head.decode("latin-1").split("\r\n")
            parts = urlsplit(lines[0].split(" ")[1])
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            self.asked.append((parts.path, query))
            page = self.pages.get(parts.path, answer("not here", "text/plain", 404))
            body = page if isinstance(page, bytes) else page(query, headers, connection)
            if body is not None:
                connection.sendall(body)


@pytest.fixture
def wire() -> Iterator[Wire]:
    served = Wire()
    listener = socket.create_server(("127.0.0.1", 0))
    served.port = listener.getsockname()[1]

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=served.serve, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield served
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


class Thing(SourceRecord):
    """One synthetic record."""

    id: str
    name: OptionalText = None
    weight: DecimalText = None
    day: DateText = None
    kind: Literal["solid", "liquid"] | None = None

    def record_key(self) -> str:
        return self.id


def fetch(stream: Stream, context: FetchContext) -> Iterator[Part]:
    options = context.source.options
    if options["route"] == "pages":
        facts = json_facts("items", total="total", key="id")
        for page in walk(context.http, "list", PageNumber(), facts, expect=("application/json",), notes=context.notes):
            yield response_part(page.response, f"page-{page.number}.json", url=page.url)
        context.notes["cursor"] = options.get("cursor")
    else:
        yield response_part(context.http.get("file"), f"file.{options['route']}")


def read(source: Source, stream: Stream, part: LandedPart) -> Iterator[RawRecord]:
    suffix = Path(part.name).suffix
    if suffix == ".json":
        for number, item in formats.read_json_items(part.path, "items.item"):
            yield RawRecord(f"item {number}", item)
    elif suffix == ".csv":
        for row in formats.read_csv(part.path):
            yield RawRecord(f"row {row.number}", row.data)
    else:
        for number, element in enumerate(formats.iter_xml(part.path, "thing"), 1):
            yield RawRecord(f"thing {number}", {child.tag: child.text for child in element})


OPS = ("ops.reject", "ops.expectation_result", "ops.load", "ops.fetch", "ops.source_state", "ops.run")
TEXT = {"fr": "essai", "it": "prova", "en": "trial"}


@dataclass
class Trial:
    """The trial source on the embedded PostgreSQL."""

    wire: Wire
    settings: Settings
    engine: Engine
    options: dict[str, Any] = field(default_factory=lambda: {"route": "pages"})
    stream: dict[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=lambda: Limits(attempts=2, total_s=20))
    waits: list[float] = field(default_factory=list)

    def source(self) -> Source:
        stream = {"name": "things", "title": TEXT, "contract": "schemas.sources.base:SourceRecord", **self.stream}
        return Source.model_validate(
            {
                "id": "trial", "title": TEXT, "description": TEXT, "publisher": "nobody (synthetic)", "country": "EU",
                "language": "en", "licence": {"name": "none", "attribution": "none", "redistributable": False},
                "cadence": "0 3 * * *", "stale_after_hours": 48, "streams": [stream], "options": self.options,
                "base_url": self.wire.url, "hosts": [f"127.0.0.1:{self.wire.port}"], "allow_loopback_http": True,
            }
        )  # fmt: skip

    def client(self, source: Source | None = None) -> HttpClient:
        return HttpClient(source or self.source(), self.limits, sleep=self.waits.append)

    def items(self, items: list[Any], total: int | None = None) -> None:
        """Serve these things on one page."""
        body = json.dumps({"total": len(items) if total is None else total, "items": items})
        self.wire.pages["/list"] = answer(body)

    def file(self, body: bytes | str, suffix: str, media_type: str = "text/plain") -> None:
        """Serve one file of this format."""
        self.options = {"route": suffix}
        self.wire.pages["/file"] = answer(body, media_type)

    def sync(self, *, gate: bool = False) -> pipeline.StepResult:
        """One run of the source as ``traforo sync`` makes it; the gate, which is slow to import, where asked for."""
        with pytest.MonkeyPatch.context() as patch:
            if not gate:
                patch.setattr("traforo.pipeline.ingest.check", lambda _settings, _run: None)
            return pipeline.sync(self.settings, "trial")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def keys(self) -> list[str]:
        """Keys that ``raw`` holds as existing."""
        return [k for (k,) in self.rows("select record_key from raw.trial__things where deleted_at is null order by 1")]

    def rejects(self) -> list[tuple[str, str, str, str]]:
        """Position, field, rule and message of every error of the open rejects."""
        return self.rows(
            "select position, e ->> 'field', e ->> 'rule', e ->> 'message' from ops.reject,"
            " jsonb_array_elements(errors) e where status = 'open' order by id, 2"
        )


@pytest.fixture(scope="session")
def engines(server_home: Path) -> Iterator[dict[str, Engine]]:
    """One pool a role for all tests; the pipeline would open and close its own for every step."""
    with connect_cluster(server_home) as cluster:
        made = {role: cluster.engine(role) for role in ("owner", "loader")}
        with made["owner"].begin() as connection:
            connection.execute(text("select ops.create_stream('trial', 'things')"))
        yield made
        for engine in made.values():
            engine.dispose()


@pytest.fixture
def pooled(engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An empty warehouse whose pipeline uses the pooled engines."""
    with engines["owner"].begin() as connection:
        raw = connection.execute(text("select tablename from pg_tables where schemaname = 'raw'")).scalars()
        for table in (*(f"raw.{name}" for name in raw), *OPS):
            connection.execute(text(f"delete from {table}"))
    monkeypatch.setattr("traforo.pipeline.ingest.engine_of", lambda _s, role: contextlib.nullcontext(engines[role]))
    return engines["loader"]


@pytest.fixture
def trial(wire: Wire, pooled: Engine, server_home: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    made = Trial(wire, Settings(server_home), pooled)
    shutil.rmtree(made.settings.landing / "trial", ignore_errors=True)
    connector = type("Connector", (), {"fetch": staticmethod(fetch), "read": staticmethod(read)})
    monkeypatch.setattr("traforo.settings.get_source", lambda _id, _overlay: made.source())
    monkeypatch.setattr("traforo.pipeline.ingest.HttpClient", made.client)
    for module in ("traforo.pipeline.ingest", "warehouse.load"):
        monkeypatch.setattr(f"{module}.get_connector", lambda _id: connector)
    monkeypatch.setattr("warehouse.load.get_contract", lambda _stream: Thing)
    return made


@pytest.fixture
def respond() -> Callable[..., bytes]:
    return answer


@pytest.fixture
def real(pooled: Engine, server_home: Path, tmp_path: Path) -> Callable[..., pipeline.StepResult]:
    """``real(source_id, **overlay)``: one run of a source of the project, without the gate unless ``gated``."""
    config = tmp_path / "traforo.yml"

    def run(source_id: str, *, gated: bool = False, **overlay: Any) -> pipeline.StepResult:
        config.write_text(json.dumps({"sources": {source_id: overlay}}))
        with pytest.MonkeyPatch.context() as patch:
            if not gated:
                patch.setattr("traforo.pipeline.ingest.check", lambda _settings, _run: None)
            return pipeline.sync(Settings(server_home, config), source_id)

    shutil.rmtree(server_home / "landing", ignore_errors=True)
    return run
