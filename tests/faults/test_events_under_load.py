"""Events that come in a burst, commit out of order, or are interrupted: none lost, none counted twice."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from fault_chain import KILLED, Chain, wait_for
from sqlalchemy import text

from traforo import signing, webhook
from traforo.deliver import deliver, secret_name
from traforo.settings import Settings
from warehouse import feed, inbound, ops, outbox, subscription
from warehouse.secrets import rotate


def test_a_reader_misses_nothing_while_commits_overtake_each_other(chain: Chain) -> None:
    writers, events = 4, 25
    done = threading.Event()

    def write(number: int) -> None:
        rng = random.Random(number)
        with chain.engine("publisher") as engine:
            for count in range(events):
                with engine.begin() as connection:
                    outbox.write_event(connection, "test", f"{number}-{count}", "eu.traforo.test.happened", {}, None)
                    time.sleep(rng.random() * 0.01)
                    if rng.random() < 0.2:
                        connection.rollback()

    seen: list[str] = []

    def read() -> None:
        with chain.engine("publisher") as engine:
            cursor, last_look = None, False
            while not last_look:
                last_look = done.is_set()
                while True:
                    page = feed.read_changes(engine, cursor, limit=7)
                    seen.extend(event["id"] for event in page.events)
                    cursor = page.next
                    if not page.full:
                        break

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    reader = threading.Thread(target=read)
    for thread in (reader, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    with chain.admin() as admin, admin.connect() as connection:
        committed = set(connection.execute(text("select event_id::text from ops.outbox")).scalars())
    assert len(committed) > writers * events / 2
    assert len(seen) == len(set(seen))
    assert set(seen) == committed


def test_a_clock_that_jumps_does_not_reorder_the_feed(chain: Chain) -> None:
    with chain.engine("publisher") as engine, chain.admin() as admin:
        for number, moment in enumerate(["2999-12-31", "1999-01-01", "2026-11-21"]):
            with admin.begin() as connection:
                connection.execute(
                    text(
                        "insert into ops.outbox (aggregatetype, aggregateid, type, payload, occurred_at)"
                        " values ('test', :id, 'eu.traforo.test.happened', '{}', cast(:moment as timestamptz))"
                    ),
                    {"id": str(number), "moment": moment},
                )
        page = feed.read_changes(engine)
        assert [event["subject"] for event in page.events] == ["test/0", "test/1", "test/2"]


def test_a_burst_of_messages_is_claimed_once_each_by_runs_side_by_side(chain: Chain) -> None:
    claimed: list[int] = []
    stop = threading.Event()

    def receive(offset: int) -> None:
        with chain.engine("gateway") as engine:
            for number in range(60):
                with engine.begin() as connection:  # every message comes from two senders
                    inbound.receive(connection, "actif", "webhook", "changed", f"{(number + offset) % 60}")

    def work(name: str) -> None:
        with chain.engine("loader") as engine:
            while True:
                last_look = stop.is_set()
                run_id = ops.start_run(engine, "ingest", "actif", {"by": name})
                with engine.begin() as connection:
                    claimed.extend(row.id for row in inbound.claim(connection, "actif", run_id))
                    ops.finish_run(connection, run_id, "loaded")
                if last_look:
                    return

    receivers = [threading.Thread(target=receive, args=(offset,)) for offset in (0, 30)]
    workers = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in receivers + workers:
        thread.start()
    for thread in receivers:
        thread.join()
    stop.set()
    for thread in workers:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 60
    with chain.admin() as admin, admin.connect() as connection:
        assert connection.execute(text("select count(*) from ops.inbound where status = 'done'")).scalar_one() == 60


def test_a_run_that_is_killed_gives_its_work_to_the_next(chain: Chain) -> None:
    with chain.engine("gateway") as engine, engine.begin() as connection:
        inbound.receive(connection, "trial", "webhook", "changed", "1")

    def claim_and_die() -> None:
        with chain.engine("loader") as engine:
            run_id = ops.start_run(engine, "ingest", "trial", {})
            with engine.begin() as connection:
                assert len(inbound.claim(connection, "trial", run_id)) == 1
        chain.ingest([])

    assert chain.in_child(claim_and_die, "load.before_commit") == KILLED
    with chain.engine("loader") as engine:
        with engine.begin() as connection:
            assert inbound.claim(connection, "trial", "too-early") == []
            connection.execute(text("update ops.inbound set lease_until = now() - interval '1 second'"))
        with engine.begin() as connection:
            [row] = inbound.claim(connection, "trial", "next")
            assert row.attempts == 2


def test_a_sender_whose_receiver_died_sends_again_and_is_counted_once(chain: Chain) -> None:
    settings = Settings(chain.home)
    secret = signing.shown(rotate(chain.home, webhook.sender_secret("actif")))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])

    def serve() -> None:
        import uvicorn

        uvicorn.run(webhook.create_app(lambda: settings), host="127.0.0.1", port=port, log_level="warning")

    def send() -> requests.Response | None:
        body = b"{}"
        headers = signing.sign([secret], "the-message", int(time.time()), body)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                return requests.post(f"http://127.0.0.1:{port}/inbound/actif", data=body, headers=headers, timeout=10)
            except requests.ConnectionError as error:
                if "refused" not in str(error):
                    return None  # it died while it had the message
                time.sleep(0.1)
        raise AssertionError("the receiver did not start")

    dying = chain.start_child(serve, "receive.noted")
    assert send() is None
    assert wait_for(dying) == KILLED
    living = chain.start_child(serve)
    answer = send()
    assert answer is not None
    assert (answer.status_code, answer.json()["repeated"]) == (202, True)
    os.kill(living, signal.SIGKILL)
    wait_for(living)
    with chain.admin() as admin, admin.connect() as connection:
        assert connection.execute(text("select count(*) from ops.inbound")).scalar_one() == 1


def test_a_deliverer_killed_after_the_answer_sends_the_same_id_again(chain: Chain) -> None:
    got: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(str(self.headers["webhook-id"]))
            json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = Settings(chain.home)
    rotate(chain.home, secret_name("partner"))
    with chain.engine("publisher") as engine:
        subscription.subscribe(engine, "partner", f"http://127.0.0.1:{server.server_port}/", ["*"], loopback=True)
        with engine.begin() as connection:
            outbox.write_event(connection, "test", "a", "eu.traforo.test.happened", {}, None)
    assert chain.in_child(lambda: deliver(settings), "deliver.sent") == KILLED
    assert deliver(settings).delivered == 1
    assert deliver(settings).delivered == 0
    server.shutdown()
    server.server_close()
    assert len(got) == 2
    assert len(set(got)) == 1
