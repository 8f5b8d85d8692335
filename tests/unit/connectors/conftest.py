"""A real HTTP server on this machine, scripted by each test, and the real client to talk to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.core.http import HttpClient, Limits
from connectors.core.registry import get_source
from connectors.core.source import FetchContext, Source

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Site:
    """A web site whose pages are functions of the query.

    Attributes:
        pages: path → function of (query, request headers) → (status, headers, body).
        asked: every request, as path and query, in order of arrival.
    """

    pages: dict[str, Callable[[dict[str, str], dict[str, str]], Answer]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def source(self, source_id: str = "actif", **options: Any) -> Source:
        overlay = {
            "base_url": self.url,
            "hosts": [f"127.0.0.1:{self.port}"],
            "allow_loopback_http": True,
            "options": options,
        }
        return get_source(source_id, overlay)

    def client(self, source: Source | None = None, **limits: Any) -> HttpClient:
        return HttpClient(source or self.source(), Limits(**{"attempts": 2, **limits}), sleep=lambda _s: None)

    def context(self, source: Source, **state: Any) -> FetchContext:
        return FetchContext(self.client(source), source, **state)

    def text(self, path: str, body: str | bytes, media_type: str = "text/html; charset=utf-8") -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.pages[path] = lambda _query, _headers: (200, {"Content-Type": media_type}, raw)


@pytest.fixture
def site() -> Iterator[Site]:
    scripted = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            scripted.asked.append((parts.path, query))
            page = scripted.pages.get(parts.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, sent, body = page(query, headers) if page else (404, {}, b"not here")
            self.send_response(status)
            for name, value in sent.items():
                self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if status not in (204, 304):
                self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scripted.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield scripted
    server.shutdown()
    server.server_close()
    thread.join()
