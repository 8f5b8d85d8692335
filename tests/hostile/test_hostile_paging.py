"""Case 17: listings that repeat, loop or move while they are read. Nothing is lost, nothing comes twice."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

Script = Callable[[int, int], dict[str, Any]]
"""(walk, page) → body; the walk is 1 for the first reading of the listing, 2 for the second."""


def things(*ids: str) -> list[dict[str, str]]:
    return [{"id": name} for name in ids]


def script(trial: Any, respond: Any, body: Script) -> None:
    walks = 0

    def page(query: dict[str, str], *_: Any) -> bytes:
        nonlocal walks
        walks += query["page"] == "1"
        return respond(json.dumps(body(walks, int(query["page"]))))

    trial.wire.pages["/list"] = page


PAGES = [things("a", "b"), things("c", "d"), things("e")]


def steady(_walk: int, page: int) -> dict[str, Any]:
    return {"total": 5, "items": PAGES[page - 1] if page <= 3 else []}


def test_case_17_a_steady_listing_comes_whole(trial: Any, respond: Any) -> None:
    script(trial, respond, steady)
    assert trial.sync().outcome == "loaded"
    assert trial.keys() == ["a", "b", "c", "d", "e"]


BROKEN: dict[str, tuple[Script, str]] = {
    "every page is page 1": (lambda _w, _p: {"total": 5, "items": PAGES[0]}, "pagination_loop"),
    "page 2 comes twice": (
        lambda _w, p: {"total": 5, "items": PAGES[min(p, 2) - 1], "page": p}, "unstable_listing|total_mismatch"
    ),
    "the total changes each time": (lambda w, p: {"total": 5 + w + p, "items": PAGES[min(p, 3) - 1]}, "changing_total"),
    "fewer than declared": (lambda _w, p: {"total": 9, "items": PAGES[p - 1] if p <= 3 else []}, "short_page"),
    "more than declared": (lambda _w, p: {"total": 3, "items": PAGES[p - 1] if p <= 3 else []}, "total_mismatch"),
    "every page is page 1, with the time of day": (
        lambda w, p: {"total": 6, "items": PAGES[0], "at": f"{w}:{p}"}, "unstable_listing"
    ),
    "a page comes again in another order": (
        lambda w, p: {"total": 6, "items": PAGES[0][:: 1 if p % 2 else -1], "at": f"{w}:{p}"}, "unstable_listing"
    ),
    "pages overlap": (
        lambda _w, p: {"total": 12, "items": things(*"abcdefghijkl")[2 * p - 2 : 2 * p + 2]}, "unstable_listing"
    ),
    "another repeat in each reading": (
        lambda w, p: {"total": 6, "items": [things("a", "b"), things("c", "ab"[w % 2]), things("e", "f")][p - 1]},
        "unstable_listing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_case_17_a_listing_that_cannot_be_trusted_changes_nothing(trial: Any, respond: Any, name: str) -> None:
    script(trial, respond, steady)
    trial.sync()
    body, rules = BROKEN[name]
    script(trial, respond, body)
    result = trial.sync()
    assert result.outcome == "failed"
    assert any(f"[{rule}]" in result.failures[0] for rule in rules.split("|")), result.failures
    assert trial.keys() == ["a", "b", "c", "d", "e"]
    assert trial.rows("select count(*) from raw.trial__things where version > 1") == [(0,)]
    [(error,)] = trial.rows("select error from ops.source_state")
    assert error == result.failures[0]


def test_case_17_a_listing_that_moved_once_is_read_again(trial: Any, respond: Any) -> None:
    """A row inserted at the front pushes 'b' to page 2 during the first reading; the second one is calm."""

    def body(walk: int, page: int) -> dict[str, Any]:
        if walk == 1:
            return {
                "total": 5 if page == 1 else 6,
                "items": [things("a", "b"), things("b", "c"), things("d")][page - 1],
            }
        return {"total": 6, "items": [things("new", "a"), things("b", "c"), things("d", "e")][page - 1]}

    script(trial, respond, body)
    assert trial.sync().outcome == "loaded"
    assert trial.keys() == ["a", "b", "c", "d", "e", "new"]
    assert trial.rejects() == []


def test_case_17_the_sources_own_duplicates_are_kept_apart(trial: Any, respond: Any) -> None:
    """The same repeats in both readings are the source's; equal ones are dropped, others rejected by place."""
    pages = [things("a", "b", "gone"), [{"id": "a"}, {"id": "b", "weight": "2"}, {"id": "d"}]]
    script(trial, respond, lambda _w, p: {"total": 6, "items": pages[p - 1], "page": p})
    result = trial.sync()
    counts = result.streams["things"]
    assert (counts["read"], counts["valid"], counts["duplicate"], counts["rejected"]) == (6, 4, 1, 1)
    [(position, _field, rule, message)] = trial.rejects()
    assert (position, rule) == ("item 2", "duplicate_key")
    assert "page-1.json item 2" in message
    [notice] = counts["notices"]
    assert "2 items came on two pages, e.g. a;" in notice

    pages[0][2] = {"id": "new"}
    counts = trial.sync().streams["things"]
    assert trial.keys() == ["a", "b", "d", "gone", "new"], "what a repeat may hide is not gone"
    assert (counts["inserted"], counts["deleted"]) == (1, 0)


def test_a_large_listing_is_held_back_without_holding_memory(trial: Any, respond: Any) -> None:
    from connectors.core.paginate import PageNumber, json_facts, walk

    pad = "x" * 1_000_000
    trial.wire.pages["/list"] = lambda query, *_: respond(
        json.dumps({"total": 80, "items": [{"id": query["page"], "name": pad}]})
    )
    tracemalloc.start()
    pages = walk(trial.client(), "list", PageNumber(), json_facts("items", total="total", key="id"))
    bodies = [(page.number, len(page.response.body)) for page in pages]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [number for number, _ in bodies] == list(range(1, 81))
    assert min(size for _, size in bodies) > 1_000_000
    assert peak < 45_000_000


def test_case_17_a_next_link_to_another_host_is_refused(trial: Any, respond: Any) -> None:
    from connectors.core.errors import BadConfig
    from connectors.core.paginate import NextLink, json_facts, walk

    body = {"items": things("a"), "next": "http://169.254.169.254/latest/meta-data"}
    trial.wire.pages["/list"] = respond(json.dumps(body))
    with pytest.raises(BadConfig, match=r"169\.254\.169\.254:80' is not in the allow-list"):
        list(walk(trial.client(), "list", NextLink(), json_facts("items", next_="next")))
