"""Cases 14 to 16: servers that push back, lie with a 200, or cut what they send."""

from __future__ import annotations

import errno
import functools
import gzip
import hashlib
import io
import json
import os
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from connectors.core.errors import Fatal, Retriable
from connectors.core.http import HttpClient, Limits
from connectors.core.landing import land
from connectors.core.parts import response_part
from traforo import pipeline

GOOD = [{"id": "a", "weight": "1"}, {"id": "b", "weight": "2"}]
BODY = json.dumps({"total": 2, "items": GOOD}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("7", 7, 7),
        ("7.5", 7.5, 7.5),
        (lambda: formatdate(time.time() + 30, usegmt=True), 27, 31),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.5, 1),
        ("soon, please", 0.5, 1),
        ("-5", 0.5, 1),
        ("²", 0.5, 1),
        ("", 0.5, 1),
    ],
)
def test_case_14_waits_as_long_as_asked_and_never_in_a_hot_loop(
    trial: Any, respond: Any, status: int, asked: str | Callable[[], str], least: float, most: float
) -> None:
    header = asked if isinstance(asked, str) else asked()
    answers = [respond("slow down", "text/plain", status, Retry_After=header), respond(BODY)]
    trial.wire.pages["/list"] = lambda *_: answers.pop(0)
    assert trial.sync().outcome == "loaded"
    assert len(trial.waits) == 1
    assert least <= trial.waits[0] <= most
    assert trial.keys() == ["a", "b"]


@pytest.mark.parametrize("off", [-86400, 86400, 1e9])
def test_case_14_a_date_is_meant_by_the_clock_of_the_server(trial: Any, respond: Any, off: float) -> None:
    theirs = time.time() + off
    date, until = (formatdate(moment, usegmt=True) for moment in (theirs, theirs + 20))
    answers = [respond("later", "text/plain", 503, Date=date, Retry_After=until), respond(BODY)]
    trial.wire.pages["/list"] = lambda *_: answers.pop(0)
    assert trial.sync().outcome == "loaded"
    assert 19 <= trial.waits[0] <= 21


@pytest.mark.parametrize("status", [429, 503])
def test_case_14_ten_days_end_the_run_and_the_message_says_so(trial: Any, respond: Any, status: int) -> None:
    trial.items(GOOD)
    trial.sync()
    trial.wire.pages["/list"] = respond("", "text/plain", status, Retry_After=str(10 * 86400))
    result = trial.sync()
    assert result.outcome == "failed"
    assert "asks to wait 864000 s" in result.failures[0]
    assert result.failures[0].startswith("trial · ")
    assert trial.waits == []
    assert trial.keys() == ["a", "b"]


def test_case_14_the_budget_of_a_run_ends_the_waiting(trial: Any, respond: Any) -> None:
    trial.limits = Limits(attempts=50, retry_budget_s=20)
    trial.wire.pages["/list"] = respond("", "text/plain", 503, Retry_After="6")
    result = trial.sync()
    assert "no time is left to wait" in result.failures[0]
    assert sum(trial.waits) <= 20
    assert len(trial.wire.asked) == 4


@pytest.mark.parametrize(
    ("body", "media_type", "rule"),
    [
        ("<html><title>Maintenance</title></html>", "text/html", "unexpected_media_type"),
        ("<html><title>Maintenance</title></html>", "application/json", "not_json"),
        ('{"error": "quota exceeded"}', "application/json", "unexpected_shape"),
        ("", "application/json", "not_json"),
        ('{"total": "many", "items": []}', "application/json", "unexpected_shape"),
    ],
)
def test_case_15_an_error_page_with_status_200(trial: Any, respond: Any, body: str, media_type: str, rule: str) -> None:
    trial.items(GOOD)
    trial.sync()
    trial.wire.pages["/list"] = respond(body, media_type)
    result = trial.sync()
    assert result.outcome == "failed"
    assert f"[{rule}]" in result.failures[0]
    assert "trial · http://127.0.0.1" in result.failures[0]
    assert trial.keys() == ["a", "b"]


def test_case_15_an_empty_page_in_the_middle_is_not_the_end(trial: Any, respond: Any) -> None:
    def page(query: dict[str, str], *_: Any) -> bytes:
        number = int(query["page"])
        items = [] if number == 2 else [{"id": f"{number}"}]
        return respond(json.dumps({"total": 3, "items": items}))

    trial.wire.pages["/list"] = page
    result = trial.sync()
    assert result.outcome == "failed"
    assert "page 2 is empty after 1 of 3 items" in result.failures[0]
    assert trial.keys() == []
    assert trial.rows("select count(*) from ops.fetch") == [(0,)]


def test_case_15_no_content_is_not_a_listing(trial: Any) -> None:
    trial.wire.pages["/list"] = b"HTTP/1.1 204 No Content\r\n\r\n"
    result = trial.sync()
    assert "answered 204" in result.failures[0]


@pytest.mark.parametrize(("off", "asks"), [(-3600, True), (86400 * 365, False)])
def test_case_15_a_page_that_is_dated_in_the_future_is_asked_for_whole(
    trial: Any, respond: Any, off: float, asks: bool
) -> None:
    """A server that compares such a date with its own never sends anything new again."""
    seen: list[dict[str, str]] = []
    trial.wire.pages["/list"] = lambda _q, headers, _s: seen.append(headers) or respond(BODY)
    validators = {"last_modified": formatdate(time.time() + off, usegmt=True)}
    assert trial.client().get("list", validators=validators).body == BODY
    assert ("if-modified-since" in seen[0]) is asks


def test_case_15_not_modified_without_a_question_is_refused(trial: Any) -> None:
    trial.wire.pages["/list"] = b"HTTP/1.1 304 Not Modified\r\n\r\n"
    assert "[unexpected_304]" in trial.sync().failures[0]


CUTS = {
    "fewer bytes than announced": HEAD + b"Content-Length: 999\r\n\r\n" + BODY,
    "chunk cut": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(BODY) + BODY[:20],
    "last chunk missing": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(BODY) + BODY + b"\r\n",
    "chunk size is garbage": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + BODY,
    "gzip cut, length right": HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    % len(gzip.compress(BODY)[:-10]) + gzip.compress(BODY)[:-10],
    "gzip damaged": HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(BODY)[:30] + b"\0" * 20,
    "gzip that is none": HEAD + b"Content-Encoding: gzip\r\n\r\n" + BODY,
    "deflate cut": HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(BODY)[:-6],
    "two lengths": HEAD + b"Content-Length: %d\r\nContent-Length: 5\r\n\r\n" % len(BODY) + BODY,
    "gzip with something behind it": HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(BODY) + b"more",
    "connection closed in the head": b"HTTP/1.1 200 OK\r\nContent-",
    "head cut at a line": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
    "nothing at all": b"",
}  # fmt: skip


@pytest.mark.parametrize("cut", CUTS)
def test_case_16_a_cut_answer_is_asked_for_again_and_then_refused(trial: Any, cut: str) -> None:
    trial.items(GOOD)
    trial.sync()
    asked = len(trial.wire.asked)
    trial.wire.pages["/list"] = CUTS[cut]
    result = trial.sync()
    assert result.outcome == "failed"
    assert "tried 2 times" in result.failures[0]
    first_pages = [query for _path, query in trial.wire.asked[asked:] if query.get("page", "1") == "1"]
    assert len(first_pages) == 2, "a page of the good listing, asked for in advance, may still be on its way"
    assert trial.keys() == ["a", "b"]
    assert trial.rows("select count(distinct run_id) from ops.fetch") == [(1,)]


@pytest.mark.parametrize("name", ["gzip", "two members", "padded", "deflate", "bare deflate"])
def test_case_16_whole_compressed_answers_are_read(trial: Any, respond: Any, name: str) -> None:
    bare = zlib.compressobj(wbits=-15)
    bodies = {
        "gzip": gzip.compress(BODY),
        "two members": gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]),
        "padded": gzip.compress(BODY) + b"\0" * 30,
        "deflate": zlib.compress(BODY),
        "bare deflate": bare.compress(BODY) + bare.flush(),
    }
    trial.wire.pages["/list"] = respond(bodies[name], Content_Encoding="deflate" if "deflate" in name else "gzip")
    assert trial.sync().outcome == "loaded"
    assert trial.keys() == ["a", "b"]


def drip(head: bytes, pause: float) -> Callable[..., None]:
    def page(_query: Any, _headers: Any, connection: socket.socket) -> None:
        connection.sendall(head)
        for sign in BODY * 50:
            connection.sendall(bytes([sign]))
            time.sleep(pause)

    return page


@pytest.mark.parametrize(
    "head",
    [HEAD + b"Content-Length: 99999\r\n\r\n", HEAD + b"\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n9999\r\n",
     b"HTTP/1.1 200 OK\r\nX-Slow: "],
    ids=["length", "until close", "chunk", "in the headers"],
)  # fmt: skip
def test_case_16_a_slow_drip_ends_at_the_time_limit(trial: Any, head: bytes) -> None:
    trial.limits = Limits(attempts=1, total_s=0.5, read_s=5)
    trial.wire.pages["/list"] = drip(head, 0.05)
    started = time.monotonic()
    with pytest.raises(Retriable, match=r"within|not complete") as caught:
        trial.client().get("list")
    assert time.monotonic() - started < 2
    assert caught.value.rule == "slow_body"


def test_case_16_a_silent_server_ends_at_the_read_limit(trial: Any) -> None:
    trial.limits = Limits(attempts=1, read_s=0.3)
    trial.wire.pages["/list"] = lambda *_: time.sleep(3)
    with pytest.raises(Retriable, match="timed out"):
        trial.client().get("list")


@pytest.mark.parametrize("compressed", [True, False])
def test_case_16_a_body_is_bounded_after_inflating(trial: Any, respond: Any, compressed: bool) -> None:
    trial.limits = Limits(max_bytes=2_000_000)
    body = b" " * 300_000_000 if compressed else b" " * 3_000_000
    trial.wire.pages["/list"] = (
        respond(gzip.compress(body, 1), Content_Encoding="gzip") if compressed else respond(body)
    )
    started = time.monotonic()
    with pytest.raises(Fatal, match="larger than 2000000 bytes"):
        trial.client().get("list")
    assert time.monotonic() - started < 3


def test_case_16_a_compression_that_was_not_asked_for(trial: Any, respond: Any) -> None:
    trial.wire.pages["/list"] = respond(BODY, Content_Encoding="br")
    with pytest.raises(Fatal, match="compressed as 'br'"):
        trial.client().get("list")


def test_case_16_a_large_export_passes_through_a_file_and_not_through_memory(
    trial: Any, respond: Any, tmp_path: Path
) -> None:
    body = b"id;name\n" + b"1;x\n" * 15_000_000
    packed = gzip.compress(body, 1)
    trial.wire.pages["/file"] = respond(packed, Content_Encoding="gzip")
    tracemalloc.start()
    response = trial.client().get("file", in_file=True)
    landed = land(tmp_path, "trial", "things", "r", [response_part(response, "file.csv")], {})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert response.body == b""
    assert landed.parts[0].size == len(body)
    assert landed.parts[0].sha256 == hashlib.sha256(body).hexdigest()
    assert peak < 30_000_000


def test_case_16_what_is_not_asked_for_in_a_file_has_a_bound_of_its_own(trial: Any, respond: Any) -> None:
    trial.limits = Limits(attempts=1, max_in_memory=1000)
    trial.wire.pages["/file"] = respond(gzip.compress(b"1;x\n" * 1000), Content_Encoding="gzip")
    assert sum(map(len, trial.client().get("file", in_file=True).chunks())) == 4000
    with pytest.raises(Fatal, match=r"body larger than 1000 bytes \[too_large\]"):
        trial.client().get("file")


class FullDisk(io.BytesIO):
    """A temporary file on a disk without room."""

    def __init__(self, **_options: Any) -> None:
        super().__init__()

    def write(self, _data: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("route", ["pages", "csv"])
def test_case_31_no_room_for_an_answer_is_said_in_one_sentence(
    trial: Any, respond: Any, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    trial.items(GOOD)
    trial.sync()
    monkeypatch.setattr("connectors.core.paging_hold.SpooledTemporaryFile", FullDisk)
    monkeypatch.setattr("connectors.core.http.SpooledTemporaryFile", FullDisk)
    if route == "csv":
        trial.file("id;name\n1;x\n", "csv")
        monkeypatch.setattr(HttpClient, "get", functools.partialmethod(HttpClient.get, in_file=True))
    result = trial.sync()
    assert result.outcome == "failed"
    assert "cannot be kept: No space left on device" in result.failures[0]
    assert "internal error" not in result.failures[0]
    assert trial.keys() == ["a", "b"]


def test_the_time_a_run_may_wait_is_shared_by_its_streams(
    trial: Any, respond: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.limits = Limits(attempts=2, retry_budget_s=10)
    one = trial.source()
    both = one.model_copy(update={"streams": (one.streams[0], one.streams[0].model_copy(update={"name": "others"}))})
    monkeypatch.setattr("traforo.settings.get_source", lambda *_: both)
    answers = [respond("", "", 503, Retry_After="7"), respond(BODY), respond("", "", 503, Retry_After="7")]
    trial.wire.pages["/list"] = lambda *_: answers.pop(0)
    with pytest.raises(Retriable, match="no time is left to wait in this run"):
        pipeline.fetch(trial.settings, pipeline.new_run(trial.settings, "trial"))
    assert trial.waits == [7]
