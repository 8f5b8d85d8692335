"""Webhooks go out signed, again and again until they are taken, and never where they may not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from traforo import signing
from traforo.deliver import LONGEST_WAIT_S, MOST_BYTES, SCHEDULE_S, deliver, secret_name
from traforo.settings import Settings
from warehouse import delivery, feed, outbox, release, subscription
from warehouse.cluster import Cluster
from warehouse.secrets import retire, rotate

Row = Callable[..., dict[str, Any]]
Build = Callable[..., str]


class Receiver:
    """A subscriber on this machine that answers as it is told."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status, headers = outer.answers.pop(0) if outer.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(seconds=5)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(server_home: Path, warehouse: Cluster) -> Iterator[Settings]:
    rotate(server_home, secret_name("partner"))
    yield Settings(server_home)
    retire(server_home, secret_name("partner"), keep=0)


@pytest.fixture
def subscribed(publisher: Engine, receiver: Receiver, settings: Settings) -> subscription.Subscription:
    return subscription.subscribe(publisher, "partner", receiver.url, ["eu.traforo.*"], loopback=True)


def tell(engine: Engine, *names: str, payload: dict[str, Any] | None = None) -> None:
    with engine.begin() as connection:
        for name in names:
            outbox.write_event(connection, "test", name, "eu.traforo.test.happened", payload or {}, None)


def states(engine: Engine) -> list[tuple[str, int]]:
    with engine.connect() as connection:
        rows = connection.execute(text("select status, attempts from ops.delivery order by delivery_id"))
        return [(str(row[0]), int(row[1])) for row in rows]


def test_subscribers_get_what_they_asked_for_signed_and_once(
    publisher: Engine, build: Build, flow: Row, receiver: Receiver, settings: Settings, clock: Clock
) -> None:
    release.switch(publisher, build(flow=[flow("F0")]))  # before the subscription: not theirs
    subscription.subscribe(publisher, "partner", receiver.url, ["eu.traforo.release.published"], loopback=True)
    done = build(flow=[flow("F1")])
    release.switch(publisher, done)
    report = deliver(settings, now=clock)
    assert (report.queued, report.delivered, report.failed, report.dead) == (1, 1, 0, 0)
    [(headers, body)] = receiver.got
    event = json.loads(body)
    assert event["type"] == "eu.traforo.release.published"
    assert event["subject"] == f"release/{done}"
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == event["id"]
    secrets = signing.signing_secrets(settings.home, secret_name("partner"))
    assert signing.verify(secrets, headers, body, clock.now.timestamp()) == event["id"]
    assert deliver(settings, now=clock).delivered == 0
    assert len(receiver.got) == 1


def test_both_secrets_sign_during_a_rotation(
    publisher: Engine, receiver: Receiver, settings: Settings, clock: Clock, subscribed: Any
) -> None:
    old = signing.signing_secrets(settings.home, secret_name("partner"))
    rotate(settings.home, secret_name("partner"))
    tell(publisher, "a")
    deliver(settings, now=clock)
    headers, body = receiver.got[0]
    new = signing.signing_secrets(settings.home, secret_name("partner"))[:1]
    for secrets in (old, new):
        assert signing.verify(secrets, headers, body, clock.now.timestamp())


def test_a_failing_receiver_is_asked_again_over_days_then_it_is_a_dead_letter(
    publisher: Engine, receiver: Receiver, settings: Settings, clock: Clock, subscribed: Any
) -> None:
    tell(publisher, "a")
    began = clock.now
    receiver.answers = [(500, {})] * 20
    assert deliver(settings, now=clock).failed == 1
    for attempt in range(2, len(SCHEDULE_S) + 2):
        assert deliver(settings, now=clock).failed == 0  # not yet
        clock.move(SCHEDULE_S[attempt - 2] * 1.21)
        report = deliver(settings, now=clock)
        assert (report.failed, report.dead) == ((1, 0) if attempt <= len(SCHEDULE_S) else (0, 1))
    assert timedelta(days=3) < clock.now - began < timedelta(days=5)
    assert len(set(receiver.ids)) == 1  # the id of the event is that of every attempt
    with publisher.begin() as connection:
        [letter] = delivery.dead(connection)
        assert (letter["name"], letter["subject"], letter["attempts"]) == ("partner", "test/a", len(SCHEDULE_S) + 1)
        assert letter["last_error"] == "answered 500"
        assert delivery.send_again(connection, "partner") == 1
    receiver.answers = []
    assert deliver(settings, now=clock).delivered == 1
    assert states(publisher) == [("delivered", 1)]


@pytest.mark.parametrize(("header", "wait"), [("3600", 3600), ("99999999", LONGEST_WAIT_S), ("soon", 5), ("0", 5)])
def test_retry_after_is_honoured_up_to_a_day(
    publisher: Engine, receiver: Receiver, settings: Settings, clock: Clock, subscribed: Any, header: str, wait: int
) -> None:
    tell(publisher, "a")
    receiver.answers = [(503, {"Retry-After": header})]
    deliver(settings, now=clock)
    clock.move(wait * 0.98)
    assert deliver(settings, now=clock).delivered == 0
    clock.move(wait * 0.25)
    assert deliver(settings, now=clock).delivered == 1


def test_gone_disables_the_subscription_and_nothing_more_is_sent(
    publisher: Engine, receiver: Receiver, settings: Settings, clock: Clock, subscribed: Any
) -> None:
    tell(publisher, "a", "b", "c")
    receiver.answers = [(204, {}), (410, {})]
    report = deliver(settings, now=clock)
    assert (report.delivered, report.dead, report.disabled) == (1, 2, 1)
    tell(publisher, "d")
    assert deliver(settings, now=clock).queued == 0
    assert len(receiver.got) == 2
    with publisher.begin() as connection:
        found = subscription.get_subscription(connection, "partner")
        assert (found.status, found.reason) == ("disabled", "the receiver answered 410 Gone")
        subscription.set_status(connection, found.subscription_id, "active", None)
        delivery.send_again(connection, "partner")
    report = deliver(settings, now=clock)
    assert (report.queued, report.delivered) == (1, 3)  # what happened meanwhile is not lost


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404])
def test_only_2xx_is_taken_and_no_redirect_is_followed(
    publisher: Engine, receiver: Receiver, settings: Settings, clock: Clock, subscribed: Any, status: int
) -> None:
    tell(publisher, "a")
    receiver.answers = [(status, {"Location": receiver.url})]
    report = deliver(settings, now=clock)
    assert (report.delivered, report.failed) == (0, 1)
    assert len(receiver.got) == 1


def test_a_failing_subscriber_does_not_hold_up_the_others(
    publisher: Engine, receiver: Receiver, settings: Settings, clock: Clock
) -> None:
    subscription.subscribe(publisher, "away", "http://127.0.0.1:9/", ["*"], loopback=True)
    subscription.subscribe(publisher, "partner", receiver.url, ["*"], loopback=True)
    rotate(settings.home, secret_name("away"))
    tell(publisher, "a", "b", "c")
    report = deliver(settings, now=clock)
    retire(settings.home, secret_name("away"), keep=0)
    assert (report.delivered, report.failed) == (3, 1)  # the one that is away was tried once


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://169.254.169.254/",
        "https://localhost:8443/",
        "https://[::1]/",
        "https://10.0.0.1/",
    ],
)
def test_internal_addresses_are_never_called(
    publisher: Engine, settings: Settings, clock: Clock, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription.subscribe(publisher, "partner", url, ["*"])
    tell(publisher, "a")

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr("connectors.core.http_transport.create_connection", never)
    assert deliver(settings, now=clock).failed == 1
    with publisher.connect() as connection:
        error = connection.execute(text("select last_error from ops.delivery")).scalar_one()
    assert "not a public https address" in error


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https://u:p@example.org/", "https:///x", "x"],
)
def test_what_may_not_be_called_cannot_be_subscribed(publisher: Engine, url: str) -> None:
    with pytest.raises(ValueError, match="webhook"):
        subscription.subscribe(publisher, "partner", url, ["*"])


def test_without_a_secret_nothing_is_sent(
    publisher: Engine, receiver: Receiver, settings: Settings, clock: Clock, subscribed: Any
) -> None:
    retire(settings.home, secret_name("partner"), keep=0)
    tell(publisher, "a")
    assert deliver(settings, now=clock).failed == 1
    assert receiver.got == []


def test_a_large_event_is_sent_as_a_reference(
    publisher: Engine, receiver: Receiver, settings: Settings, clock: Clock, subscribed: Any
) -> None:
    tell(publisher, "a", payload={"text": "x" * MOST_BYTES})
    deliver(settings, now=clock)
    event = json.loads(receiver.got[0][1])
    assert "data" not in event
    assert event["dataref"] == "changes"
    assert event["traforocursor"]


def test_two_rounds_at_once_send_once(
    publisher: Engine, receiver: Receiver, settings: Settings, clock: Clock, subscribed: Any
) -> None:
    tell(publisher, *(f"e{n}" for n in range(20)))
    threads = [threading.Thread(target=deliver, args=(settings,), kwargs={"now": clock}) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.got) == len(set(receiver.ids)) == 20


def test_a_subscriber_that_was_away_past_the_keep_time_goes_on_and_is_marked(
    warehouse: Cluster, publisher: Engine, receiver: Receiver, settings: Settings, clock: Clock, subscribed: Any
) -> None:
    tell(publisher, "old")
    owner = warehouse.engine("owner")
    with owner.begin() as connection:
        feed.trim(connection, datetime.now(UTC) + timedelta(seconds=1))
    owner.dispose()
    tell(publisher, "new")
    assert deliver(settings, now=clock).delivered == 1
    with publisher.connect() as connection:
        assert "events were missed" in str(subscription.get_subscription(connection, "partner").reason)
