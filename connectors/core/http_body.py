"""The body of an answer: inflated by us, counted while it comes, never called whole when it is cut."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import requests
import urllib3.exceptions

from connectors.core.errors import Fatal, Retriable
from connectors.core.http_transport import Exchange

_CHUNK = 1 << 16
_INFLATED_CHUNK = 1 << 18
_GZIP, _ZLIB, _BARE = 31, 15, -15


def body_chunks(raw: requests.Response, exchange: Exchange, max_bytes: int, total_s: float) -> Iterator[bytes]:
    """The decoded bytes of a body in chunks of at most 256 kB.

    ``max_bytes`` holds for what comes over the wire and for what it inflates to.

    Raises:
        Retriable: ``truncated_body`` (fewer bytes than announced, a chunk or the compressed stream is cut),
            ``truncated_head``, ``slow_body`` (the exchange's deadline). A body that has no announced length
            and ends with the connection cannot be told from a whole one, unless it is empty.
        Fatal: ``too_large``; ``content_encoding``, a compression that was not asked for.
    """
    _refuse_cut_head(raw, exchange)
    inflater = _inflater(raw, exchange)
    received = size = 0
    try:
        for chunk in raw.raw.stream(_CHUNK, decode_content=False):
            received += len(chunk)
            for piece in inflater.feed(chunk) if inflater else (chunk,):
                size += len(piece)
                if max(size, received) > max_bytes:
                    raise Fatal(f"body larger than {max_bytes} bytes", rule="too_large", **exchange.where)
                if exchange.expired:
                    break
                yield piece
        complete = inflater.is_complete if inflater else received > 0 or _announces_nothing(raw)
    except (urllib3.exceptions.HTTPError, OSError, zlib.error) as error:
        if not exchange.expired:
            detail = f"damaged compression: {error}" if isinstance(error, zlib.error) else type(error).__name__
            raise Retriable(
                f"body cut after {received} bytes ({detail})", rule="truncated_body", **exchange.where
            ) from error
    if exchange.expired:
        raise Retriable(f"not complete after {total_s:g} s", rule="slow_body", **exchange.where)
    if not complete:
        raise Retriable(
            f"body is cut after {received} bytes", rule="truncated_body", **exchange.where
        )  # fmt: skip


def _refuse_cut_head(raw: requests.Response, exchange: Exchange) -> None:
    """A head that ends early is parsed without complaint by http.client; it only leaves a note."""
    head = getattr(getattr(raw.raw, "_original_response", None), "msg", None)
    if getattr(head, "defects", None):
        raise Retriable("headers are cut or cannot be read", rule="truncated_head", **exchange.where)


def _announces_nothing(raw: requests.Response) -> bool:
    """An empty body that was meant: said by its length, by its chunks, or by its status."""
    framed = raw.headers.get("content-length") is not None or "transfer-encoding" in raw.headers
    return framed or raw.status_code in (204, 304)


def _inflater(raw: requests.Response, exchange: Exchange) -> _Inflater | None:
    named = raw.headers.get("content-encoding", "").strip().lower()
    if named in ("", "identity"):
        return None
    if named in ("gzip", "x-gzip", "deflate"):
        return _Inflater(is_gzip=named != "deflate")
    raise Fatal(f"compressed as '{named}', which was not asked for", rule="content_encoding", **exchange.where)


class _Inflater:
    """gzip (several members) or deflate (with and, as some servers send it, without zlib header)."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._inflate = zlib.decompressobj(_GZIP if is_gzip else _ZLIB)
        self._received = False

    @property
    def is_complete(self) -> bool:
        """The compressed stream came to its end, or nothing came at all."""
        return self._inflate.eof or not self._received

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` inflates to, in bounded pieces."""
        if not self._is_gzip and not self._received:
            try:
                zlib.decompressobj(_ZLIB).decompress(data, 1)
            except zlib.error:
                self._inflate = zlib.decompressobj(_BARE)
        self._received = True
        piece = b""
        while data or len(piece) == _INFLATED_CHUNK:  # a full piece: zlib may hold more back
            if self._inflate.eof:
                data = data.lstrip(b"\0")  # padding after the last member
                if not data or not self._is_gzip:
                    return
                self._inflate = zlib.decompressobj(_GZIP)
            piece = self._inflate.decompress(data, _INFLATED_CHUNK)
            if piece:
                yield piece
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
