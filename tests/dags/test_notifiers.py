"""Alerts on their way: a webhook against a local server, e-mail against a local SMTP server, off by default."""

from __future__ import annotations

import email
import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from traforo import alerts
from traforo.alerts import Failure, Message
from traforo.problems import Problem

PROJECT = Path(__file__).resolve().parents[2]
HELD = Problem("batch:actif", "actif: run r1 is held since 2.0 h: too few {{ records }} <b>", "traforo approve r1")
MESSAGE = Message("Traforo: actif is held", [HELD], frozenset({HELD.key}), Failure("ingest_actif", "x", "why"))
VARIABLES = (
    "TRAFORO_ALERT_EMAIL",
    "TRAFORO_ALERT_WEBHOOK",
    "AIRFLOW_CONN_TRAFORO_ALERT_WEBHOOK",
    "AIRFLOW_CONN_TRAFORO_ALERT_SMTP",
)


@pytest.fixture(autouse=True)
def off(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Messages that were noted as told."""
    found: list[Message] = []
    monkeypatch.setattr(alerts, "told", lambda settings, message: found.append(message))
    return found


@contextmanager
def web_server(status: int = 200) -> Iterator[tuple[int, list[tuple[dict[str, str], Any]]]]:
    got: list[tuple[dict[str, str], Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append(({**self.headers, "path": self.path}, json.loads(body)))
            self.send_response(status)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, got
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def mail_server() -> Iterator[tuple[int, list[bytes]]]:
    """As much of SMTP as a client needs to hand over one mail."""
    got: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    got.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.wfile.write(b"250 ok\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1]), got
    finally:
        server.shutdown()
        server.server_close()


def test_nothing_is_sent_unless_it_is_asked_for() -> None:
    from dags import notifiers

    assert not notifiers.is_on()
    assert notifiers.when_failed() == []
    assert notifiers.ways(MESSAGE) == []


def test_the_webhook_gets_one_post_with_the_token(monkeypatch: pytest.MonkeyPatch, told: list[Message]) -> None:
    from dags import notifiers

    with web_server() as (port, got):
        address = f"http://:a-token@127.0.0.1:{port}/hooks/traforo"
        monkeypatch.setenv("AIRFLOW_CONN_TRAFORO_ALERT_WEBHOOK", address)
        assert notifiers.is_on()
        assert notifiers.send(MESSAGE, {}) == 1
    [(headers, body)] = got
    assert headers["path"] == "/hooks/traforo"
    assert headers["Authorization"] == "Bearer a-token"
    assert body["subject"] == MESSAGE.subject
    assert HELD.what in body["text"]
    assert "traforo approve r1" in body["text"]
    assert body["problems"] == [{"key": HELD.key, "what": HELD.what, "todo": HELD.todo, "is_new": True}]
    assert told == [MESSAGE]


@pytest.mark.parametrize("status", [302, 500])
def test_an_alert_that_nobody_took_is_not_noted(
    monkeypatch: pytest.MonkeyPatch, told: list[Message], status: int
) -> None:
    from dags import notifiers

    with web_server(status) as (port, got):
        monkeypatch.setenv("AIRFLOW_CONN_TRAFORO_ALERT_WEBHOOK", f"http://127.0.0.1:{port}/x")
        with pytest.raises(RuntimeError, match="nobody could be told"):
            notifiers.send(MESSAGE, {})
    assert len(got) == 1
    assert told == []


def test_the_webhook_is_https_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    from dags import notifiers

    monkeypatch.setenv("AIRFLOW_CONN_TRAFORO_ALERT_WEBHOOK", "http://hooks.example.invalid/x")
    with pytest.raises(RuntimeError, match="must be https"):
        notifiers.WebhookNotifier(MESSAGE).notify({})


def test_the_mail_quotes_what_sources_say_and_runs_none_of_it(
    monkeypatch: pytest.MonkeyPatch, told: list[Message]
) -> None:
    from dags import notifiers

    with mail_server() as (port, got):
        options = "disable_ssl=true&disable_tls=true&from_email=traforo%40example.invalid"
        monkeypatch.setenv("AIRFLOW_CONN_TRAFORO_ALERT_SMTP", f"smtp://127.0.0.1:{port}/?{options}")
        monkeypatch.setenv("TRAFORO_ALERT_EMAIL", "one@example.invalid, two@example.invalid")
        assert notifiers.send(MESSAGE, {}) == 1
    [raw] = got
    mail = email.message_from_bytes(raw, policy=policy.default)
    assert mail["subject"] == MESSAGE.subject
    assert mail["from"] == "traforo@example.invalid"
    assert mail["to"] == "one@example.invalid, two@example.invalid"
    body = mail.get_body()
    assert body is not None
    assert "too few {{ records }} &lt;b&gt;" in body.get_content()
    assert told == [MESSAGE]


def test_a_failed_run_is_one_message(monkeypatch: pytest.MonkeyPatch, told: list[Message]) -> None:
    from dags import notifiers

    asked: list[Failure] = []

    def compose(_settings: Any, failure: Failure) -> Message | None:
        asked.append(failure)
        return MESSAGE if len(asked) == 1 else None

    monkeypatch.setattr(alerts, "compose", compose)
    context = {"dag_run": SimpleNamespace(dag_id="ingest_actif", run_id="r"), "reason": "task_failure"}
    with web_server() as (port, got):
        monkeypatch.setenv("AIRFLOW_CONN_TRAFORO_ALERT_WEBHOOK", f"http://127.0.0.1:{port}/x")
        [notify] = notifiers.when_failed()
        notify(context)
        notify(context)  # people know by now
    assert len(got) == 1
    assert asked[0] == Failure("ingest_actif", "r", "task_failure")


def test_every_dag_tells_when_it_fails_where_alerts_are_on() -> None:
    script = (
        "import sys; from airflow.dag_processing.dagbag import DagBag; bag = DagBag(dag_folder=sys.argv[1]);"
        "print(sorted(d.dag_id for d in bag.dags.values() if not d.has_on_failure_callback), len(bag.dags))"
    )

    def look(environment: dict[str, str]) -> str:
        done = subprocess.run(
            [sys.executable, "-c", script, str(PROJECT / "dags")],
            env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        return done.stdout.strip().splitlines()[-1]

    assert look({"TRAFORO_ALERT_EMAIL": "one@example.invalid"}) == "['watch'] 10"
