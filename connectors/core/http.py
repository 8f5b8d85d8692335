"""The only way to the network: bounded, allow-listed, retried, and never trusting a 200.

SSRF rules follow the OWASP cheat sheet: scheme and host are checked against the source's allow-list before
every request and on every redirect hop, the name is resolved once and each address must be public (or this
machine, where the deployment allows it for the sandbox), proxies from the environment are ignored, TLS
verification cannot be switched off.
"""

from __future__ import annotations

import email.utils
import hashlib
import ipaddress
import random
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from connectors.core.errors import BadConfig, Fatal, Retriable
from connectors.core.source import Source

USER_AGENT = "traforo/0.1 (+Interreg ALCOTRA data integration)"
RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
KEPT_HEADERS = (
    "content-type", "content-length", "etag", "last-modified", "date", "link", "location", "retry-after",
    "x-total-count", "x-wp-total", "x-wp-totalpages",
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """Bounds of one source's run.

    Attributes:
        connect_s, read_s: time-outs of one socket operation, seconds.
        total_s: time-out of one whole response, seconds; a slow drip ends here.
        max_bytes: size of one response body after decompression.
        attempts: tries of one request, the first included.
        retry_budget_s: seconds a run may spend waiting between tries, all requests together.
        max_wait_s: longest single wait; a server that asks for more fails the run as retriable.
        redirects: redirect hops followed.
    """

    connect_s: float = 10.0
    read_s: float = 60.0
    total_s: float = 900.0
    max_bytes: int = 1_000_000_000
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
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_ms: int

    @property
    def not_modified(self) -> bool:
        """The source says that nothing changed since the validators we sent."""
        return self.status == 304  # noqa: PLR2004 - the HTTP status itself

    @property
    def media_type(self) -> str:
        """Declared media type without parameters, lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


@dataclass
class HttpClient:
    """Requests to one source within its limits.

    ``sleep`` and ``now`` are replaceable so that tests need not wait.
    """

    source: Source
    limits: Limits = Limits()
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    waited_s: float = field(default=0.0, init=False)
    requests_made: int = field(default=0, init=False)
    _session: requests.Session = field(default_factory=requests.Session, init=False, repr=False)

    def __post_init__(self) -> None:
        self._session.trust_env = False
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.headers["Accept-Encoding"] = "gzip, deflate"
        adapter = HTTPAdapter(pool_maxsize=16, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        validators: Mapping[str, str] | None = None,
        expect: tuple[str, ...] = (),
    ) -> Response:
        """GET ``url``; waits and tries again where that can help.

        Args:
            url: absolute, or relative to the source's ``base_url``.
            params: query parameters.
            headers: extra request headers.
            validators: ``etag`` and ``last_modified`` of the last good load; a 304 then comes back.
            expect: media types that are acceptable (prefix match); anything else is an error, because an
                error page also arrives with status 200.

        Raises:
            Retriable: no proper answer within the tries and the budget.
            Fatal: the source refuses, or sends something else than ``expect``.
            BadConfig: the URL is not allowed by the source's allow-list.
        """
        sent = dict(headers or {})
        if validators and validators.get("etag"):
            sent["If-None-Match"] = validators["etag"]
        if validators and validators.get("last_modified"):
            sent["If-Modified-Since"] = validators["last_modified"]
        return self._with_retries("GET", url, expect, params=params, headers=sent)

    def post(
        self,
        url: str,
        *,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        expect: tuple[str, ...] = (),
    ) -> Response:
        """POST a form, for sources whose read protocol is a POST. Same rules as ``get``."""
        return self._with_retries("POST", url, expect, data=data, headers=dict(headers or {}))

    def _with_retries(self, method: str, url: str, expect: tuple[str, ...], **kwargs: Any) -> Response:
        url = urljoin((self.source.base_url or "").rstrip("/") + "/", url) if self.source.base_url else url
        for attempt in range(1, self.limits.attempts + 1):
            try:
                response = self._once(method, url, **kwargs)
            except Retriable as error:
                self._wait(error, attempt)
                continue
            if expect and not response.not_modified and not response.media_type.startswith(expect):
                raise Fatal(
                    f"answered {response.media_type or 'no media type'} where {' or '.join(expect)} was expected: "
                    f"{response.body[:120]!r}",
                    source=self.source.id, where=response.url, rule="unexpected_media_type",
                )  # fmt: skip
            return response
        raise AssertionError("unreachable: _wait raises on the last attempt")

    def _wait(self, error: Retriable, attempt: int) -> None:
        if attempt >= self.limits.attempts:
            raise error
        backoff = random.uniform(0.5, 1.0) * min(2.0 ** (attempt - 1), self.limits.max_wait_s)  # noqa: S311 - jitter
        wait = max(backoff, error.retry_after or 0.0)
        if wait > self.limits.max_wait_s or self.waited_s + wait > self.limits.retry_budget_s:
            raise error
        self.waited_s += wait
        self.sleep(wait)

    def _once(self, method: str, url: str, **kwargs: Any) -> Response:
        started = time.monotonic()
        for _hop in range(self.limits.redirects + 1):
            self._check_allowed(url)
            self.requests_made += 1
            try:
                raw = self._session.request(
                    method, url, stream=True, allow_redirects=False,
                    timeout=(self.limits.connect_s, self.limits.read_s), **kwargs,
                )  # fmt: skip
            except requests.exceptions.SSLError as error:
                raise Fatal(
                    f"TLS certificate refused: {error}", source=self.source.id, where=_bare(url), rule="tls"
                ) from error
            except requests.RequestException as error:
                raise Retriable(
                    f"no answer: {type(error).__name__}",
                    source=self.source.id,
                    where=_bare(url),
                    rule="connection",
                ) from error
            with raw:
                if raw.is_redirect:
                    url = urljoin(url, raw.headers["location"])
                    kwargs.pop("params", None)
                    continue
                return self._finish(raw, url, started)
        raise Fatal("too many redirects", source=self.source.id, where=_bare(url), rule="redirects")

    def _finish(self, raw: requests.Response, url: str, started: float) -> Response:
        where = {"source": self.source.id, "where": _bare(url)}
        if raw.status_code in RETRIED_STATUSES:
            raise Retriable(
                f"answered {raw.status_code}", retry_after=self._retry_after(raw.headers.get("retry-after")),
                rule=f"http_{raw.status_code}", **where,
            )  # fmt: skip
        if raw.status_code not in (200, 203, 206, 304):
            hint = "; check the credentials" if raw.status_code in (401, 403) else ""
            told = _told(raw)
            raise Fatal(f"answered {raw.status_code}{hint}{told}", rule=f"http_{raw.status_code}", **where)
        body = self._read_body(raw, started, where)
        headers = {name: raw.headers[name] for name in KEPT_HEADERS if name in raw.headers}
        return Response(_bare(url), raw.status_code, headers, body, round((time.monotonic() - started) * 1000))

    def _read_body(self, raw: requests.Response, started: float, where: dict[str, str]) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            for chunk in raw.iter_content(65536):
                size += len(chunk)
                if size > self.limits.max_bytes:
                    raise Fatal(f"body larger than {self.limits.max_bytes} bytes", rule="too_large", **where)
                if time.monotonic() - started > self.limits.total_s:
                    raise Retriable(f"body not complete after {self.limits.total_s:.0f} s", rule="slow_body", **where)
                chunks.append(chunk)
        except (requests.RequestException, OSError) as error:
            raise Retriable(f"body cut: {type(error).__name__}", rule="truncated_body", **where) from error
        declared = raw.headers.get("content-length")
        if declared and declared.isdigit() and "content-encoding" not in raw.headers and int(declared) != size:
            raise Retriable(f"body has {size} bytes, {declared} were announced", rule="truncated_body", **where)
        return b"".join(chunks)

    def _retry_after(self, value: str | None) -> float | None:
        """Seconds to wait: a number, an HTTP date, or None for anything else (past dates give 0)."""
        if not value:
            return None
        if value.strip().isdigit():
            return float(value)
        try:
            return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - self.now())
        except (TypeError, ValueError):
            return None

    def _check_allowed(self, url: str) -> None:
        parts = urlsplit(url)
        where = {"source": self.source.id, "where": _bare(url)}
        host = (parts.hostname or "").lower()
        try:
            port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
        except ValueError as error:
            raise BadConfig(f"not a URL: {error}", rule="url", **where) from error
        if parts.username or parts.password:
            raise BadConfig("credentials in a URL are not allowed", rule="url_credentials", **where)
        if host not in self.source.hosts and f"{host}:{port}" not in self.source.hosts:
            raise BadConfig(
                f"host '{host}:{port}' is not in the allow-list ({', '.join(self.source.hosts) or 'empty'}); "
                "add it to 'hosts' if it is right", rule="host_not_allowed", **where,
            )  # fmt: skip
        loopback_ok = self.source.allow_loopback_http
        if parts.scheme != "https" and not (loopback_ok and parts.scheme == "http"):
            raise BadConfig(f"scheme '{parts.scheme}' is not allowed, only https", rule="scheme_not_allowed", **where)
        try:
            addresses = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        except OSError as error:
            raise Retriable(f"name cannot be resolved: {error}", rule="dns", **where) from error
        for address in addresses:
            ip = ipaddress.ip_address(str(address).split("%")[0])
            if ip.is_global and parts.scheme == "https":
                continue
            if ip.is_loopback and loopback_ok:
                continue
            raise BadConfig(
                f"'{host}' leads to {ip}, which is not a public https address",
                rule="address_not_allowed",
                **where,
            )


def _told(raw: requests.Response) -> str:
    """First words of an error's body: there an API says what was wrong with the request."""
    try:
        text = " ".join(next(raw.iter_content(300), b"").decode("utf-8", "replace").split())
    except (requests.RequestException, OSError):
        return ""
    return f": {text}" if text and not text.startswith("<") else ""


def sha256(body: bytes) -> str:
    """Hex digest of the bytes."""
    return hashlib.sha256(body).hexdigest()


def _bare(url: str) -> str:
    """The URL without user info, for logs and tables."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
