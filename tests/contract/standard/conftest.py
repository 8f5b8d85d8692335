"""Every stream of every source, fed by the sandbox or by the source's own fixture; nothing here names a source."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.core.blocks import singly
from connectors.core.http import HttpClient, Limits
from connectors.core.landing import Landed, land
from connectors.core.registry import get_connector, get_contract, get_source, source_ids
from connectors.core.source import FetchContext, RawRecord, Source, Stream
from traforo.sandbox_process import running_sandbox
from traforo.settings import Settings

STREAMS = [(source_id, stream.name) for source_id in source_ids() for stream in get_source(source_id).streams]
SEED, SCALE = 11, 0.4
CONTRACTS = Path(__file__).resolve().parent.parent


@dataclass
class Subject:
    """One stream of one source as this deployment has it."""

    source: Source
    stream: Stream
    landing: Path
    overlay: dict[str, Any]
    sandbox: Path
    runs: list[Landed] = field(default_factory=list)

    @property
    def contract(self) -> type[Any]:
        return get_contract(self.stream)

    def context(self, source: Source | None = None, **state: Any) -> FetchContext:
        chosen = source or self.source
        client = HttpClient(chosen, Limits(attempts=2, total_s=30), sleep=lambda _seconds: None)
        return FetchContext(client, chosen, **state)

    def fetch(self, context: FetchContext | None = None, previous: Landed | None = None, name: str = "") -> Landed:
        """Fetch and land the stream once more."""
        chosen = context or self.context()
        parts = get_connector(self.source.id).fetch(self.stream, chosen)
        run_id = name or f"run{len(self.runs)}"
        landed = land(self.landing, self.source.id, self.stream.name, run_id, parts, chosen.notes, previous)
        self.runs.append(landed)
        return landed

    @property
    def landed(self) -> Landed:
        """The first fetch, made once for all tests."""
        return self.runs[0] if self.runs else self.fetch()

    def read(self, landed: Landed | None = None) -> list[RawRecord]:
        connector = get_connector(self.source.id)
        return [
            record
            for part in (landed or self.landed).parts
            for record in singly(connector.read(self.source, self.stream, part))
        ]


@pytest.fixture(scope="session")
def sandbox_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("standard")
    with running_sandbox(Settings(home), SEED, SCALE) as config:
        yield Settings(home, config)


@pytest.fixture(scope="session")
def subjects() -> dict[tuple[str, str], Subject]:
    """What has been asked for so far; each stream is fetched once for all tests."""
    return {}


@pytest.fixture(params=STREAMS, ids=".".join)
def subject(
    request: pytest.FixtureRequest, subjects: dict[tuple[str, str], Subject], tmp_path_factory: pytest.TempPathFactory
) -> Subject:
    source_id, name = request.param
    if request.param not in subjects:
        recorded = CONTRACTS / source_id / "recorded.yml"
        if recorded.exists():
            overlay = _serve_recorded(recorded)
            source, folder = get_source(source_id, overlay), tmp_path_factory.mktemp(source_id)
        else:
            settings = request.getfixturevalue("sandbox_settings")
            overlay = yaml.safe_load(settings.config.read_text())["sources"][source_id]
            source, folder = settings.source(source_id), settings.config.parent
        subjects[request.param] = Subject(source, source.stream(name), folder / "landing", overlay, folder)
    return subjects[request.param]


def _serve_recorded(recorded: Path) -> dict[str, Any]:
    """Serve a source that the sandbox does not know from its own fixture, until the tests end."""
    files = {f"/{path}": recorded.with_name(name) for path, name in yaml.safe_load(recorded.read_text()).items()}

    def answer(path: str) -> tuple[int, str, bytes]:
        file = files.get(path)
        return (200, "application/json", file.read_bytes()) if file else (404, "text/plain", b"not here")

    port = _serve(answer).server_port
    return {"base_url": f"http://127.0.0.1:{port}", "hosts": [f"127.0.0.1:{port}"], "allow_loopback_http": True}


def _serve(answer: Callable[[str], tuple[int, str, bytes]]) -> ThreadingHTTPServer:
    """A server on this machine: path → status, media type, body."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            status, media_type, body = answer(self.path.split("?")[0])
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - names given by the library

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@pytest.fixture
def hostile(subject: Subject) -> Iterator[Callable[[int, str, bytes], Source]]:
    """``hostile(status, media_type, body)``: the source, with every address leading to a server that answers this."""
    said: list[tuple[int, str, bytes]] = []
    server = _serve(lambda _path: said[-1])

    def change(status: int, media_type: str, body: bytes) -> Source:
        said.append((status, media_type, body))
        address = "http://127.0.0.1:"
        text = json.dumps(subject.overlay)
        ports = {part.split("/")[0].split('"')[0] for part in text.split(address)[1:]}
        for port in ports:
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{server.server_port}")
        text = text.replace(str(subject.sandbox), str(subject.sandbox / "nowhere"))
        return get_source(subject.source.id, json.loads(text))

    yield change
    server.shutdown()
    server.server_close()
