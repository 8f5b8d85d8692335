"""The only way to the network: bounded, allow-listed, retried, and never trusting a 200.

SSRF rules follow the OWASP cheat sheet: scheme and host are checked against the source's allow-list before
every request and on every redirect hop, the name is resolved once, each of its addresses must be public (or this
machine, where the deployment allows it for the sandbox) and the connection goes to one of those addresses
(``http_transport``), proxies from the environment are ignored, TLS verification cannot be switched off.
"""

from __future__ import annotations

import io
import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

import requests
import urllib3.exceptions

from connectors.core.errors import BadConfig, ConnectorError, Fatal, Retriable, Where
from connectors.core.formats_text import storable
from connectors.core.http_answer import Limits, Response
from connectors.core.http_body import body_chunks
from connectors.core.http_secrets import hide, secrets_of
from connectors.core.http_transport import CheckedAdapter, Exchange
from connectors.core.http_urls import bare_url, http_date, join_url, root_cause, split_url, wait_asked
from connectors.core.source import Source

__all__ = ["HttpClient", "Limits", "Response"]

USER_AGENT = "traforo/0.1 (+Interreg ALCOTRA data integration)"
SPOOLED_FROM_BYTES = 8_000_000
RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
KEPT_HEADERS = (
    "content-type", "content-length", "etag", "last-modified", "date", "link", "location", "retry-after",
    "x-total-count", "x-wp-total", "x-wp-totalpages",
)  # fmt: skip


@dataclass
class HttpClient:
    """Requests to one source within its limits.

    ``sleep`` and ``now`` are replaceable so that tests need not wait.
    """

    source: Source
    limits: Limits = field(default_factory=Limits)
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    waited_s: float = field(default=0.0, init=False)
    requests_made: int = field(default=0, init=False)
    _session: requests.Session = field(default_factory=requests.Session, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._session.trust_env = False
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.headers["Accept-Encoding"] = "gzip, deflate"
        adapter = CheckedAdapter(pool_maxsize=16, max_retries=0)
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
        in_file: bool = False,
    ) -> Response:
        """GET ``url``; waits and tries again where that can help.

        Args:
            url: absolute, or relative to the source's ``base_url``.
            params: query parameters.
            headers: extra request headers.
            validators: ``etag`` and ``last_modified`` of the last good load; a 304 then comes back. A
                ``last_modified`` in the future is not sent: nothing would ever be newer.
            expect: media types that are acceptable (prefix match); anything else is an error, because an
                error page also arrives with status 200.
            in_file: keep the body in a temporary file (a whole export), not in memory.

        Raises:
            Retriable: no proper answer within the tries and the budget.
            Fatal: the source refuses, or sends something else than ``expect``.
            BadConfig: the URL is not allowed by the source's allow-list.
        """
        sent = dict(headers or {})
        if validators and validators.get("etag"):
            sent["If-None-Match"] = validators["etag"]
        if validators and (http_date(validators.get("last_modified")) or math.inf) <= self.now():
            sent["If-Modified-Since"] = validators["last_modified"]
        return self._with_retries("GET", url, expect, in_file=in_file, params=params, headers=sent)

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

    def _with_retries(
        self, method: str, url: str, expect: tuple[str, ...], *, in_file: bool = False, **kwargs: Any
    ) -> Response:
        try:
            return self._tried(method, url, expect, in_file=in_file, **kwargs)
        except ConnectorError as error:
            secrets = secrets_of(kwargs)
            error.message, error.where = hide(error.message, secrets), hide(error.where, secrets)
            error.args = (error.message,)
            if secrets:  # what lies under it repeats the request, and would be printed with it
                raise error from None
            raise

    def _tried(self, method: str, url: str, expect: tuple[str, ...], *, in_file: bool, **kwargs: Any) -> Response:
        url = join_url((self.source.base_url or "").rstrip("/") + "/", url) if self.source.base_url else url
        for attempt in range(1, self.limits.attempts + 1):
            try:
                response = self._once(method, url, in_file, **kwargs)
            except Retriable as error:
                self._wait(error, attempt)
                continue
            if expect and not response.not_modified and not response.media_type.startswith(expect):
                raise Fatal(
                    f"answered {response.media_type or 'no media type'} where {' or '.join(expect)} was expected: "
                    f"{next(response.chunks(), b'')[:120]!r}",
                    source=self.source.id, where=response.url, rule="unexpected_media_type",
                )  # fmt: skip
            return response
        raise AssertionError("unreachable: _wait raises on the last attempt")

    def _wait(self, error: Retriable, attempt: int) -> None:
        """Sleep before the next try, or give up with the error."""
        backoff = random.uniform(0.5, 1.0) * min(2.0 ** (attempt - 1), self.limits.max_wait_s)  # noqa: S311 - jitter
        wait = max(backoff, error.retry_after or 0.0)
        with self._lock:
            spent = self.waited_s + wait > self.limits.retry_budget_s
            if attempt >= self.limits.attempts or wait > self.limits.max_wait_s or spent:
                error.message += self._why_no_more(error, attempt)
                raise error
            self.waited_s += wait
        self.sleep(wait)

    def _why_no_more(self, error: Retriable, attempt: int) -> str:
        if (error.retry_after or 0) > self.limits.max_wait_s:
            return f"; it asks to wait {error.retry_after:.0f} s, the run waits at most {self.limits.max_wait_s:.0f} s"
        tries = f"; tried {attempt} time{'s' if attempt > 1 else ''}"
        return tries if attempt >= self.limits.attempts else f"{tries}, no time is left to wait in this run"

    def _once(self, method: str, url: str, in_file: bool, **kwargs: Any) -> Response:
        """One exchange, redirects included, within one deadline."""
        started = time.monotonic()
        where = Where(source=self.source.id, where=bare_url(url))
        with Exchange(where, self.source.allow_loopback_http, started + self.limits.total_s) as exchange:
            for _hop in range(self.limits.redirects + 1):
                where["where"] = bare_url(url)
                self._check_allowed(url, where)
                raw = self._send(method, url, exchange, kwargs)
                with raw:
                    if not raw.is_redirect:
                        self._refuse_failure(raw, exchange, asked=kwargs["headers"])
                        return self._finish(raw, url, started, exchange, in_file=in_file)
                    method, url, kwargs = self._redirected(method, url, raw, where, kwargs)
        raise Fatal(f"more than {self.limits.redirects} redirects", rule="redirects", **where)

    def _send(self, method: str, url: str, exchange: Exchange, kwargs: Mapping[str, Any]) -> requests.Response:
        where = exchange.where
        with self._lock:
            self.requests_made += 1
        try:
            return self._session.request(
                method, url, stream=True, allow_redirects=False,
                timeout=(self.limits.connect_s, self.limits.read_s), **kwargs,
            )  # fmt: skip
        except ConnectorError:
            raise
        except requests.exceptions.SSLError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error) or "doesn't match" in str(error):
                raise Fatal(f"TLS certificate refused: {root_cause(error)}", rule="tls", **where) from error
            raise self._failed(exchange, f"TLS failed: {root_cause(error)}", error) from error
        except (requests.exceptions.InvalidHeader, UnicodeEncodeError) as error:
            if isinstance(error.__context__, urllib3.exceptions.InvalidHeader):  # of the answer, e.g. two lengths
                told = f"headers cannot be read: {root_cause(error)}"
                raise Retriable(told, rule="truncated_head", **where) from error
            raise BadConfig(
                "a header that should be sent has a line break or a character that headers cannot hold; look at the "
                "setting it comes from, such as a token", rule="header", **where,
            ) from error  # fmt: skip
        except ValueError as error:  # a URL of ours, or one to go on with
            raise BadConfig(f"not a URL, or leads to none: {error}", rule="url", **where) from error
        except (requests.RequestException, OSError) as error:
            raise self._failed(exchange, f"no answer: {root_cause(error)}", error) from error

    def _failed(self, exchange: Exchange, message: str, error: Exception) -> Retriable:
        if exchange.expired:
            return Retriable(f"no answer within {self.limits.total_s:g} s", rule="slow_body", **exchange.where)
        return Retriable(message, rule="connection", **exchange.where)

    def _redirected(
        self, method: str, url: str, raw: requests.Response, where: Where, kwargs: Mapping[str, Any]
    ) -> tuple[str, str, dict[str, Any]]:
        """Where a redirect leads, and what may be sent there: no credential leaves its host, https stays https."""
        target = join_url(url, raw.headers["location"])
        before, after = split_url(url, where), split_url(target, where)
        if (before.scheme, after.scheme) == ("https", "http"):
            raise BadConfig(f"redirects from https to http ({bare_url(target)})", rule="redirect_downgrade", **where)
        following = {name: value for name, value in kwargs.items() if name != "params"}
        if raw.status_code == HTTPStatus.SEE_OTHER:  # RFC 9110, 15.4.4: the answer to the form lies there
            method, following = "GET", {name: value for name, value in following.items() if name != "data"}
        if before.netloc != after.netloc and following.get("data"):
            raise BadConfig(
                f"redirects a form to another host ({bare_url(target)}), which is not to see it; if it moved there, "
                "set its address", rule="redirect_form", **where,
            )  # fmt: skip
        if before.netloc != after.netloc:
            kept = ("if-none-match", "if-modified-since", "accept")
            following["headers"] = {n: v for n, v in following["headers"].items() if n.lower() in kept}
        return method, target, following

    def _refuse_failure(self, raw: requests.Response, exchange: Exchange, asked: Mapping[str, str]) -> None:
        """Raise for every status that brings no data."""
        where, status = exchange.where, raw.status_code
        if status in RETRIED_STATUSES:
            now = http_date(raw.headers.get("date")) or self.now()  # a date is meant by the server's clock
            raise Retriable(
                f"answered {status}{self._told(raw, exchange)}", rule=f"http_{status}",
                retry_after=wait_asked(raw.headers.get("retry-after"), now), **where,
            )  # fmt: skip
        if status not in (200, 203, 206, 304):
            hint = "; check the credentials" if status in (401, 403) else ""
            raise Fatal(f"answered {status}{hint}{self._told(raw, exchange)}", rule=f"http_{status}", **where)
        # RFC 9110, 15.4.5: an answer to a question that was asked.
        if status == HTTPStatus.NOT_MODIFIED and not {"If-None-Match", "If-Modified-Since"} & set(asked):
            raise Fatal("answered 304 although nothing was said to be known", rule="unexpected_304", **where)

    def _finish(
        self, raw: requests.Response, url: str, started: float, exchange: Exchange, *, in_file: bool
    ) -> Response:
        """Read the body to its end; only then is it an answer."""
        file = SpooledTemporaryFile(max_size=SPOOLED_FROM_BYTES) if in_file else io.BytesIO()  # noqa: SIM115 - the answer's owner closes it
        most = self.limits.max_bytes if in_file else min(self.limits.max_bytes, self.limits.max_in_memory)
        for chunk in body_chunks(raw, exchange, most, self.limits.total_s):
            try:
                file.write(chunk)
            except OSError as error:  # the disk is full
                raise Retriable(f"cannot be kept: {error.strerror}", rule="landing_write", **exchange.where) from error
        headers = {name: storable(raw.headers[name]) for name in KEPT_HEADERS if name in raw.headers}
        duration = round((time.monotonic() - started) * 1000)
        body = file.getvalue() if isinstance(file, io.BytesIO) else b""
        kept = None if isinstance(file, io.BytesIO) else cast("IO[bytes]", file)
        return Response(bare_url(url), raw.status_code, headers, body, duration, kept)

    def _told(self, raw: requests.Response, exchange: Exchange) -> str:
        """First words of an error's body: there an API says what was wrong with the request."""
        try:
            start = next(iter(body_chunks(raw, exchange, self.limits.max_bytes, self.limits.total_s)), b"")
        except ConnectorError:
            return ""
        text = storable(" ".join(start[:300].decode("utf-8", "replace").split()))
        return f": {text}" if text and not text.startswith("<") else ""

    def _check_allowed(self, url: str, where: Where) -> None:
        """Scheme, host and port; the addresses are checked where the connection is made."""
        parts = split_url(url, where)
        host = (parts.hostname or "").lower()
        usual = {"https": 443, "http": 80}.get(parts.scheme, 0)
        port = parts.port or usual
        if parts.username or parts.password:
            raise BadConfig("credentials in a URL are not allowed", rule="url_credentials", **where)
        hosts = {name.lower() for name in self.source.hosts}
        if f"{host}:{port}" not in hosts and not (host in hosts and port == usual):
            raise BadConfig(
                f"host '{host}:{port}' is not in the allow-list ({', '.join(self.source.hosts) or 'empty'}); "
                "add it to 'hosts' if it is right", rule="host_not_allowed", **where,
            )  # fmt: skip
        if parts.scheme != "https" and not (self.source.allow_loopback_http and parts.scheme == "http"):
            raise BadConfig(f"scheme '{parts.scheme}' is not allowed, only https", rule="scheme_not_allowed", **where)
