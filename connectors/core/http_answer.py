"""What a request may cost, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO


@dataclass(frozen=True)
class Limits:
    """Bounds of one source's run.

    Attributes:
        connect_s, read_s: time-outs of one socket operation, seconds.
        total_s: time-out of one whole exchange (connect, headers, body, redirects), seconds; a slow drip ends here.
        max_bytes: size of one response body, as sent and after decompression.
        max_in_memory: the same where the body is not asked for in a file.
        attempts: tries of one request, the first included.
        retry_budget_s: seconds a run may spend waiting between tries, all requests together.
        max_wait_s: longest single wait; a server that asks for more fails the run as retriable.
        redirects: redirect hops followed.
    """

    connect_s: float = 10.0
    read_s: float = 60.0
    total_s: float = 900.0
    max_bytes: int = 1_000_000_000
    max_in_memory: int = 256_000_000
    attempts: int = 4
    retry_budget_s: float = 300.0
    max_wait_s: float = 60.0
    redirects: int = 3


@dataclass(frozen=True)
class Response:
    """A complete, successful answer (2xx, or 304 with an empty body).

    Attributes:
        url: final URL without user info.
        headers: kept headers, lower-case names.
        body: the bytes; empty where they were asked for in a ``file``.
        file: the bytes on disk, for answers that are larger than memory should hold.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_ms: int
    file: IO[bytes] | None = None

    def chunks(self) -> Iterator[bytes]:
        """The bytes, wherever they are, a megabyte at a time."""
        if self.file is None:
            yield self.body
            return
        self.file.seek(0)
        while chunk := self.file.read(1 << 20):
            yield chunk

    @property
    def not_modified(self) -> bool:
        """The source says that nothing changed since the validators we sent."""
        return self.status == HTTPStatus.NOT_MODIFIED

    @property
    def media_type(self) -> str:
        """Declared media type without parameters, lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()
