"""A tiny web server on the loopback and the way a connector's parts become checked records."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.core.http import HttpClient, Limits
from connectors.core.landing import Landed, land
from connectors.core.registry import get_connector, get_contract, get_source
from connectors.core.source import FetchContext, RawRecord, Source
from warehouse.records import validate


@dataclass
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    form: Mapping[str, list[str]]


@dataclass
class Answer:
    """One prepared answer."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


Handler = Callable[[Asked], Answer]


@dataclass
class Site:
    """The server: its address, its routes, and what it was asked."""

    port: int
    routes: dict[str, Handler] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def on(self, path: str, body: bytes | str | Any, media: str = "application/json", **headers: str) -> None:
        raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.routes[path] = lambda _asked: Answer(raw, 200, {"Content-Type": media, **headers})

    def with_etag(self, path: str, body: bytes, media: str, tag: str) -> None:
        """Answers 304 to whoever knows the tag."""

        def answer(asked: Asked) -> Answer:
            if asked.headers.get("If-None-Match") == tag:
                return Answer(b"", 304, {"ETag": tag})
            return Answer(body, 200, {"Content-Type": media, "ETag": tag})

        self.routes[path] = answer

    def by(self, path: str, make: Callable[[Asked], Any], **headers: str) -> None:
        """Answers with the JSON of ``make(request)``; a pair is (status, JSON)."""

        def answer(asked: Asked) -> Answer:
            made = make(asked)
            status, value = made if isinstance(made, tuple) else (200, made)
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            return Answer(body, status, {"Content-Type": "application/json", **headers})

        self.routes[path] = answer


@pytest.fixture
def site() -> Iterator[Site]:
    class Requests(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True) if length else {}
            asked = Asked(self.command, parts.path, parse_qs(parts.query, True), dict(self.headers), form)
            made.asked.append(asked)
            handler = made.routes.get(parts.path, lambda _asked: Answer(b"no such page", 404, {}))
            answer = handler(asked)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = _answer  # noqa: N815 - names given by the library

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    made = Site(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


@dataclass
class Result:
    """What one run of a stream gave."""

    landed: Landed
    records: list[RawRecord]
    valid: dict[str, dict[str, Any]]
    rejected: list[list[str]]
    context: FetchContext

    @property
    def only(self) -> dict[str, Any]:
        assert len(self.valid) == 1, (list(self.valid), self.rejected)
        return next(iter(self.valid.values()))


Run = Callable[..., Result]
BASICS = {"licence": "Licence fictive", "attribution": "Instance fictive"}


@pytest.fixture
def run(tmp_path: Path, site: Site) -> Run:
    """``run(*instances, stream="lieux")``: fetch, land, read and check, with the real client."""
    number = 0

    def go(
        *instances: dict[str, Any], stream: str = "lieux", previous: Landed | None = None,
        validators: Mapping[str, Mapping[str, str]] | None = None, since: Mapping[str, Any] | None = None,
        reads_anew: bool = False,
    ) -> Result:  # fmt: skip
        nonlocal number
        number += 1
        source = source_with(site, instances)
        chosen = source.stream(stream)
        client = HttpClient(source, Limits(attempts=2, retry_budget_s=5), sleep=lambda _seconds: None)
        context = FetchContext(client, source, since, reads_anew, validators or {})
        connector = get_connector("tiers_lieux")
        landed = land(
            tmp_path / "landing", source.id, stream, f"run{number}", connector.fetch(chosen, context),
            context.notes, previous,
        )  # fmt: skip
        records = [record for part in landed.parts for record in connector.read(source, chosen, part)]
        valid, rejected = {}, []
        for record in records:
            key, payload, defects = validate(get_contract(chosen), record)
            if defects:
                rejected.append([f"{defect.field}:{defect.rule}" for defect in defects])
            else:
                valid[str(key)] = json.loads(payload)
        return Result(landed, records, valid, rejected, context)

    return go


def source_with(site: Site, instances: tuple[dict[str, Any], ...]) -> Source:
    overlay = {
        "hosts": [f"127.0.0.1:{site.port}"],
        "allow_loopback_http": True,
        "options": {"instances": [{**BASICS, **instance} for instance in instances]},
    }
    return get_source("tiers_lieux", overlay)
