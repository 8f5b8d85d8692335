"""Paging styles: how a listing asks for its next page, and what one answer says about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin

import requests

from connectors.core.http import Response


class Moved(Exception):
    """The listing changed while it was read; it may come out right when read again."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule, self.message = rule, message


@dataclass(frozen=True)
class Facts:
    """What one answer says about the listing.

    Attributes:
        count: items on this page.
        total: items the source declares for the whole listing, None where it declares none.
        next: cursor or URL of the next page, None at the end.
        token: session token that the following requests must carry.
        keys: ids of the items, to notice rows that come twice; empty where there are none.
    """

    count: int
    total: int | None = None
    next: str | None = None
    token: str | None = None
    keys: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Count, total, next and token, for the ``known`` argument of the next run's ``walk``."""
        return {"count": self.count, "total": self.total, "next": self.next, "token": self.token}


Inspect = Callable[[Response], Facts]


@dataclass(frozen=True)
class Step:
    """One request of a walk: query parameters, and a URL where it is not the listing's own."""

    params: tuple[tuple[str, str | int], ...] = ()
    url: str | None = None


@dataclass(frozen=True)
class Page:
    """One page that was received; ``number`` starts at 1, ``url`` is what was asked for."""

    number: int
    url: str
    response: Response
    facts: Facts

    @property
    def unchanged(self) -> bool:
        """The source said "not modified"; the body is empty."""
        return self.response.not_modified


@dataclass
class Progress:
    """Where a walk stands: items ``seen``, pages received, and the page ``size`` the server really uses."""

    seen: int = 0
    pages: int = 0
    size: int | None = None
    total: int | None = None


class Pager(Protocol):
    """How one paging style asks for the first and for the following page."""

    def first(self) -> Step:
        """The first request."""

    def following(self, step: Step, page: Page, progress: Progress) -> Step | None:
        """The request after ``page``, None at the end."""

    def predict(self, step: Step, progress: Progress) -> Step | None:
        """The request that will very likely come after ``step``, for reading ahead; None if unknown."""


@dataclass(frozen=True)
class PageNumber:
    """``?page=1``, ``?page=2`` …; without a declared total the listing ends at an empty page.

    Attributes:
        past_end: rules of errors that mean "no such page" with this source, e.g. ``http_404``.
    """

    param: str = "page"
    size_param: str | None = None
    size: int | None = None
    start: int = 1
    past_end: frozenset[str] = frozenset()

    def _step(self, number: int) -> Step:
        limit = ((self.size_param, self.size),) if self.size_param and self.size else ()
        return Step(((self.param, number), *limit))

    def first(self) -> Step:
        """The page ``start``."""
        return self._step(self.start)

    def following(self, step: Step, page: Page, progress: Progress) -> Step | None:
        """The next number until the declared total has come, or until an empty page."""
        if progress.total is None:
            done = page.facts.count == 0
        else:
            done = progress.seen >= progress.total
            if not done and progress.size and page.facts.count != progress.size:
                raise Moved("short_page", f"page has {page.facts.count} items, {progress.size} were expected")
        return None if done else self._step(int(step.params[0][1]) + 1)

    def predict(self, step: Step, progress: Progress) -> Step | None:
        """The next number while the total says that it exists."""
        number = int(step.params[0][1]) + 1
        if progress.total is None or not progress.size:
            return None
        return self._step(number) if (number - self.start) * progress.size < progress.total else None


@dataclass(frozen=True)
class Offset:
    """``?offset=0&limit=100``; moves by what really came, so a lowered limit loses nothing."""

    param: str = "offset"
    limit_param: str = "limit"
    size: int = 100
    past_end: frozenset[str] = frozenset()

    def first(self) -> Step:
        """Offset 0."""
        return Step(((self.param, 0), (self.limit_param, self.size)))

    def following(self, step: Step, page: Page, progress: Progress) -> Step | None:
        """The offset after the items received so far."""
        done = page.facts.count == 0 if progress.total is None else progress.seen >= progress.total
        return None if done else Step(((self.param, progress.seen), (self.limit_param, self.size)))

    def predict(self, step: Step, progress: Progress) -> Step | None:
        """The offset one real page further, while the total says that it exists."""
        if progress.total is None or not progress.size:
            return None
        offset = int(step.params[0][1]) + progress.size
        return Step(((self.param, offset), (self.limit_param, self.size))) if offset < progress.total else None


@dataclass(frozen=True)
class Cursor:
    """``?cursor=…`` taken from ``Facts.next`` of the page before."""

    param: str = "cursor"
    size_param: str | None = None
    size: int | None = None
    token_param: str | None = None

    def _limit(self) -> tuple[tuple[str, str | int], ...]:
        return ((self.size_param, self.size),) if self.size_param and self.size else ()

    def first(self) -> Step:
        """Without a cursor."""
        return Step(self._limit())

    def following(self, step: Step, page: Page, progress: Progress) -> Step | None:
        """With the cursor the page gave."""
        if page.facts.next is None:
            return None
        token: tuple[tuple[str, str | int], ...] = ()
        if self.token_param:
            if page.facts.token is None:
                raise Moved("token_missing", "the page gives a cursor but no session token")
            token = ((self.token_param, page.facts.token),)
        return Step(((self.param, page.facts.next), *token, *self._limit()))

    def predict(self, step: Step, progress: Progress) -> Step | None:
        """A cursor cannot be guessed."""
        return None


@dataclass(frozen=True)
class CursorWithToken(Cursor):
    """A cursor that is valid only with the session token of the same answer (a server-side snapshot)."""

    token_param: str | None = "token"  # noqa: S105 - a parameter's name, not a secret


@dataclass(frozen=True)
class NextLink:
    """The next page's URL, from ``Facts.next`` or from the ``Link`` header."""

    params: tuple[tuple[str, str | int], ...] = ()

    def first(self) -> Step:
        """The listing's own URL."""
        return Step(self.params)

    def following(self, step: Step, page: Page, progress: Progress) -> Step | None:
        """The link, made absolute; the allow-list of the source applies to it as to any URL."""
        link = page.facts.next or link_header(page.response)
        return Step(url=urljoin(page.response.url, link)) if link else None

    def predict(self, step: Step, progress: Progress) -> Step | None:
        """A link cannot be guessed."""
        return None


def link_header(response: Response, rel: str = "next") -> str | None:
    """URL of the ``Link`` header with this relation, None without one."""
    for link in requests.utils.parse_header_links(response.headers.get("link", "")):
        if rel in str(link.get("rel", "")).split():
            return str(link["url"])
    return None
