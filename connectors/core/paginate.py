"""Walks a paged listing, and never calls an incomplete one complete.

A page can be answered with 200 and still be wrong: the server ignores the page number, lowers the limit we
asked for, repeats a cursor, or rows move between two requests. ``walk`` counts what came against what was
declared and looks for these signs. A listing that moved while it was read is read once more from the start;
a second time it is ``Retriable``. A loop is ``Fatal``, because it would be the same again.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

import requests

from connectors.core.errors import ConnectorError, Fatal, Retriable
from connectors.core.http import HttpClient, Response
from connectors.core.paging_hold import HeldPages
from connectors.core.paging_json import json_facts
from connectors.core.paging_repeats import Repeats
from connectors.core.paging_styles import (
    Cursor,
    CursorWithToken,
    Facts,
    Inspect,
    Moved,
    NextLink,
    Offset,
    Page,
    PageNumber,
    Pager,
    Progress,
    Step,
    link_header,
)

__all__ = [
    "Cursor", "CursorWithToken", "Facts", "Inspect", "NextLink", "Offset", "Page", "PageNumber", "Pager",
    "full_url", "json_facts", "link_header", "walk",
]  # fmt: skip

HOLD_BYTES = 1_000_000_000
"""Pages are held back up to this size, on disk, so that a restart has handed nothing out yet."""


def walk(
    http: HttpClient, url: str, pager: Pager, inspect: Inspect, *,
    params: Mapping[str, str | int] | None = None, headers: Mapping[str, str] | None = None,
    expect: tuple[str, ...] = (), max_pages: int = 10_000, read_ahead: int | None = None,
    validators: Mapping[str, Mapping[str, str]] | None = None,
    known: Mapping[str, Mapping[str, Any]] | None = None, notes: dict[str, Any] | None = None,
) -> Iterator[Page]:  # fmt: skip
    """Yield every page of a listing in order, or fail.

    Args:
        http: client of the source.
        url: the listing, absolute or relative to the source's ``base_url``.
        pager: paging style.
        inspect: reads count, total, cursor and ids out of one answer; raises where the answer is no listing.
        params: parameters of every request, e.g. a filter; not added to a ``NextLink`` URL.
        headers: headers of every request.
        expect: acceptable media types, as in ``HttpClient.get``.
        max_pages: bound of the walk.
        read_ahead: requests in flight once the total is known from page 1, as the source says where it is None; 1
            reads one after the other.
        validators: URL → ``etag``/``last_modified`` of the last good load; used only where ``known`` also
            says what the page held, because a 304 has no body to count.
        known: URL → ``Facts.as_dict()`` of the last good load.
        notes: receives ``declared_total``, ``items``, ``pages`` and what was odd (``reduced_limit``,
            ``restarted``, ``repeated_items``). Repeats that stay may still hide items that never came: they add
            ``keep_absent``, so that nothing counts as deleted, and ``notices``, a sentence for people.

    Raises:
        Fatal: a loop (``pagination_loop``), too many pages (``page_bound``), or no listing.
        Retriable: the listing moved during two walks in a row: ``total_mismatch``, ``changing_total``,
            ``short_page``, ``empty_page``, ``unstable_listing``, ``token_missing``, ``partial_content``.
    """
    notes = {} if notes is None else notes
    before: frozenset[str] = frozenset()
    for last_try in (False, True):
        run = _Walk(
            http, url, pager, inspect, dict(params or {}), headers, expect, max_pages,
            read_ahead or http.source.requests_in_flight, validators or {}, known or {}, before,
        )  # fmt: skip
        handed_out = False
        with HeldPages() as held:
            try:
                for page in run.pages():
                    if page.response.status == HTTPStatus.NO_CONTENT:  # ends a listing and holds nothing
                        continue
                    held.add(page)
                    if handed_out or held.bytes > HOLD_BYTES:
                        handed_out = True
                        yield from held.release()
            except Moved as moved:
                before = frozenset(run.repeats.repeated)
                if last_try or handed_out:
                    raise Retriable(moved.message, source=http.source.id, where=url, rule=moved.rule) from None
                notes["restarted"] = moved.rule
                continue
            notes.update(run.notes())
            yield from held.release()
            return


@dataclass
class _Walk:
    """One attempt to read the listing from start to end."""

    http: HttpClient
    url: str
    pager: Pager
    inspect: Inspect
    params: dict[str, str | int]
    headers: Mapping[str, str] | None
    expect: tuple[str, ...]
    max_pages: int
    read_ahead: int
    validators: Mapping[str, Mapping[str, str]]
    known: Mapping[str, Mapping[str, Any]]
    repeated_before: frozenset[str]
    progress: Progress = field(default_factory=Progress)
    repeats: Repeats = field(default_factory=Repeats)
    reduced_limit: int | None = None
    _asked: set[Step] = field(default_factory=set)
    _bodies: set[bytes] = field(default_factory=set)

    def pages(self) -> Iterator[Page]:
        ahead: deque[tuple[Step, Future[Page | None]]] = deque()
        step: Step | None = self.pager.first()
        with ThreadPoolExecutor(max_workers=max(1, self.read_ahead)) as pool:
            try:
                while step is not None:
                    page = self._take(step, ahead)
                    if page is None:
                        break
                    self._check(step, page)
                    following = self.pager.following(step, page, self.progress)
                    self._fill(pool, ahead, following)
                    yield page
                    step = following
            finally:
                for _step, future in ahead:
                    future.cancel()
        self._reconcile()

    def _take(self, step: Step, ahead: deque[tuple[Step, Future[Page | None]]]) -> Page | None:
        """The answer to ``step``, read ahead or asked for now; None past the end."""
        if step in self._asked:
            raise self._loop(f"{dict(step.params) or step.url} came up twice")
        if self.progress.pages >= self.max_pages:
            raise Fatal(
                f"more than {self.max_pages} pages", source=self.http.source.id, where=self.url, rule="page_bound"
            )  # fmt: skip
        self._asked.add(step)
        if ahead and ahead[0][0] == step:
            return ahead.popleft()[1].result()
        while ahead:
            ahead.popleft()[1].cancel()
        return self._request(step, self.progress.pages + 1)

    def _fill(
        self, pool: ThreadPoolExecutor, ahead: deque[tuple[Step, Future[Page | None]]], following: Step | None
    ) -> None:
        """Keep ``read_ahead`` requests in flight after the page just taken."""
        if self.read_ahead <= 1 or following is None or self.progress.total is None:
            return
        nxt = self.pager.predict(ahead[-1][0], self.progress) if ahead else following
        if not ahead and self.pager.predict(following, self.progress) is None:
            return
        while nxt is not None and len(ahead) < self.read_ahead:
            number = self.progress.pages + len(ahead) + 1
            ahead.append((nxt, pool.submit(self._request, nxt, number)))
            nxt = self.pager.predict(nxt, self.progress)

    def _request(self, step: Step, number: int) -> Page | None:
        target = step.url or self.url
        params = dict(step.params) if step.url else {**self.params, **dict(step.params)}
        full = full_url(self.http, target, params)
        validators = self.validators.get(full) if full in self.known else None
        try:
            response = self.http.get(
                target, params=params, headers=self.headers, validators=validators, expect=self.expect
            )
        except Fatal as error:
            if number > 1 and error.rule == "http_204":
                return self._nothing(number, full)
            if number > 1 and error.rule in getattr(self.pager, "past_end", ()):
                return None
            raise
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            raise Moved("partial_content", "answered 206 although no range was asked for")
        if response.not_modified:
            return Page(number, full, response, Facts(**self.known[full]))
        try:
            return Page(number, full, response, self.inspect(response))
        except ConnectorError as error:
            error.source = error.source or self.http.source.id
            raise

    @staticmethod
    def _nothing(number: int, url: str) -> Page:
        return Page(number, url, Response(url, 204, {}, b"", 0), Facts(0))

    def _check(self, step: Step, page: Page) -> None:
        facts, progress = page.facts, self.progress
        if facts.total is not None:
            if progress.total is not None and facts.total != progress.total:
                raise Moved("changing_total", f"declared total went from {progress.total} to {facts.total}")
            progress.total = facts.total
        digest = hashlib.sha256(page.response.body).digest()
        if facts.count and page.response.body and digest in self._bodies:
            raise self._loop(f"page {page.number} is byte for byte an earlier page")
        self._bodies.add(digest)
        if self.repeats.add(facts.keys):
            raise Moved("unstable_listing", f"page {page.number} has the same {facts.count} items as an earlier page")
        progress.pages += 1
        progress.seen += facts.count
        if facts.count == 0 and progress.total is not None and progress.seen < progress.total and not facts.next:
            raise Moved("empty_page", f"page {page.number} is empty after {progress.seen} of {progress.total} items")
        if progress.pages == 1 and progress.total is not None and progress.seen < progress.total:
            progress.size = facts.count
            asked = getattr(self.pager, "size", None)
            if asked and facts.count < asked:
                self.reduced_limit = facts.count

    def _reconcile(self) -> None:
        seen, total = self.progress.seen, self.progress.total
        if total is not None and seen != total:
            raise Moved("total_mismatch", f"{total} items declared, {seen} received")
        if doubt := self.repeats.doubt(self.repeated_before):
            raise Moved("unstable_listing", doubt)

    def _loop(self, message: str) -> Fatal:
        return Fatal(message, source=self.http.source.id, where=self.url, rule="pagination_loop")

    def notes(self) -> dict[str, Any]:
        """What is worth keeping about this walk."""
        found = {
            "declared_total": self.progress.total, "items": self.progress.seen, "pages": self.progress.pages,
            "reduced_limit": self.reduced_limit, **self.repeats.notes(),
        }  # fmt: skip
        return {name: value for name, value in found.items() if value is not None}


def full_url(http: HttpClient, url: str, params: Mapping[str, str | int] | None = None) -> str:
    """The URL as it will be requested: absolute and with its parameters."""
    base = http.source.base_url
    absolute = urljoin(base.rstrip("/") + "/", url) if base else url
    return requests.Request("GET", absolute, params=dict(params or {})).prepare().url or absolute
