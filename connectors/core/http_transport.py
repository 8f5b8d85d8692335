"""What lies under ``HttpClient``: connections to checked addresses only, a deadline that always holds.

The name is resolved once, where the connection is made, and the connection goes to one of the addresses that
were checked: an answer of the name server cannot change between check and use. The deadline covers a whole
exchange (connect, TLS, headers, body), because time-outs of single socket operations never end a slow drip.
"""

from __future__ import annotations

import contextlib
import ipaddress
import math
import os
import socket
import sys
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from connectors.core.errors import BadConfig, Retriable, Where

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_MAX_ADDRESSES = 4


def real_address(text: str) -> Address:
    """The address that a connection ends at: IPv4 addresses wrapped in IPv6 ones are taken out."""
    ip = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped or ip.sixtofour:
            return ip.ipv4_mapped or ip.sixtofour or ip
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def is_allowed(ip: Address, *, is_https: bool, loopback_ok: bool) -> bool:
    """Public addresses over HTTPS; this machine where the deployment allows it; nothing else."""
    if ip.is_loopback:
        return loopback_ok
    return ip.is_global and not ip.is_multicast and is_https


class _Watchdog:
    """One thread that ends every exchange at its deadline."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: set[Exchange] = set()
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None

    def watch(self, exchange: Exchange) -> None:
        """End this exchange at its deadline, unless it is over before."""
        with self._changed:
            self._running.add(exchange)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif exchange.deadline < self._wakes_at:
                self._changed.notify()

    def release(self, exchange: Exchange) -> None:
        """The exchange is over."""
        with self._changed:
            self._running.discard(exchange)

    def _run(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                due = [exchange for exchange in self._running if exchange.deadline <= now]
                self._running.difference_update(due)
                if not due:
                    self._wakes_at = min((one.deadline for one in self._running), default=math.inf)
                    self._changed.wait(None if self._wakes_at == math.inf else self._wakes_at - now)
            for exchange in due:
                exchange.expire()


_watchdog = _Watchdog()


def _new_watchdog() -> None:
    """A forked process has none of its parent's threads, and perhaps one of its locks."""
    global _watchdog  # noqa: PLW0603 - the one of this process
    _watchdog = _Watchdog()


os.register_at_fork(after_in_child=_new_watchdog)


@dataclass(eq=False)
class Exchange:
    """One request and its answer: where it may connect to, and when it must be over.

    Used as a context manager around the exchange, in the thread that makes it.

    Attributes:
        where: ``source`` and ``where`` of the errors.
        loopback_ok: this machine may be contacted.
        deadline: ``time.monotonic()`` at which the connection is shut, whatever it is doing.
        expired: the deadline has passed.
    """

    where: Where
    loopback_ok: bool
    deadline: float
    expired: bool = False
    _socket: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _token: Any = None

    def __enter__(self) -> Exchange:
        self._token = _current.set(self)
        _watchdog.watch(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.reset(self._token)
        _watchdog.release(self)
        with self._lock:
            if self._socket:
                self._socket.close()

    def watch(self, connected: socket.socket) -> None:
        """Shut this connection at the deadline. A duplicate is kept, because TLS takes the socket object over."""
        with self._lock:
            if self._socket:
                self._socket.close()
            self._socket = socket.socket(fileno=os.dup(connected.fileno()))
            if self.expired:
                self._shut()

    def expire(self) -> None:
        """Shut the connection, whatever it is doing."""
        with self._lock:
            self.expired = True
            self._shut()

    def _shut(self) -> None:
        if self._socket:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def addresses(self, host: str, port: int, *, is_https: bool, within_s: float) -> list[str]:
        """Addresses of ``host``, every one of them checked.

        Args:
            within_s: how long the name server may take; less where the deadline is nearer.

        Raises:
            Retriable: the name cannot be resolved.
            BadConfig: one of its addresses is not allowed, ``address_not_allowed``.
        """
        try:
            found = _resolved(host, port, max(0.0, min(within_s, self.deadline - time.monotonic())))
        except (OSError, UnicodeError) as error:
            raise Retriable(f"name '{host}' cannot be resolved: {error}", rule="dns", **self.where) from error
        for text in found:
            ip = real_address(text)
            if not is_allowed(ip, is_https=is_https, loopback_ok=self.loopback_ok):
                raise BadConfig(
                    f"'{host}' leads to {ip}, which is not a public https address",
                    rule="address_not_allowed", **self.where,
                )  # fmt: skip
        return list(dict.fromkeys(found))[:_MAX_ADDRESSES]


def _resolved(host: str, port: int, within_s: float) -> list[str]:
    """Addresses as the system knows them; in a thread, because ``getaddrinfo`` can neither be bounded nor ended."""
    found: list[str] = []
    failed: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found.extend(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    asking = threading.Thread(target=ask, name=f"name of {host}", daemon=True)
    asking.start()
    asking.join(within_s)
    if asking.is_alive():
        raise TimeoutError(f"no answer within {within_s:.1f} s")
    if failed:
        raise failed[0]
    return found


_current: ContextVar[Exchange] = ContextVar("exchange")


def _connect(connection: HTTPConnection, *, is_https: bool) -> socket.socket:
    """A socket to the first checked address that answers; stands in for ``HTTPConnection._new_conn``."""
    exchange = _current.get()
    failure: OSError = OSError("no address")
    within_s = connection.timeout if isinstance(connection.timeout, int | float) else math.inf
    for address in exchange.addresses(connection.host, connection.port, is_https=is_https, within_s=within_s):
        try:
            made = create_connection(
                (address, connection.port), connection.timeout, socket_options=connection.socket_options
            )
        except OSError as error:
            failure = error
            continue
        exchange.watch(made)
        sys.audit("http.client.connect", connection, connection.host, connection.port)
        return made
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "connection timed out") from failure
    raise NewConnectionError(connection, f"{failure.strerror or failure}") from failure


class _Http(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self, is_https=False)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _current.get().watch(self.sock)
        super().putrequest(*args, **kwargs)


class _Https(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self, is_https=True)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _current.get().watch(self.sock)
        super().putrequest(*args, **kwargs)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class CheckedAdapter(HTTPAdapter):
    """The adapter of ``requests`` over checked connections; works only inside an ``Exchange``."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Pools of our own connection classes, for both schemes."""
        manager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **kwargs)
        manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        self.poolmanager = manager
