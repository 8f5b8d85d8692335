"""What holds for any listing: how it is cut into pages does not matter, and every walk ends."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.core.errors import ConnectorError
from connectors.core.paginate import Cursor, NextLink, Offset, PageNumber, json_facts, walk

INSPECT = json_facts("items", total="total", next_="next", key="id")
JSON = {"Content-Type": "application/json"}
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answer(items: list[str], **more: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, JSON, json.dumps({"items": [{"id": i} for i in items], **more}).encode()


def collect(site: Any, pager: Any, **options: Any) -> list[str]:
    pages = walk(site.client(), "list", pager, INSPECT, **options)
    return [item["id"] for page in pages for item in json.loads(page.response.body)["items"]]


@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=8), declare=st.booleans(), link=st.booleans())
@SLOW
def test_any_split_into_pages_gives_the_same_list(site: Any, sizes: list[int], declare: bool, link: bool) -> None:
    items = [f"i{n}" for n in range(sum(sizes))]
    cuts = [sum(sizes[:n]) for n in range(len(sizes) + 1)]

    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        at = int(query.get("cursor", 0))
        follow = at + 1 if at + 1 < len(sizes) else None
        total = {"total": len(items)} if declare else {}
        nxt = f"list?cursor={follow}" if link and follow else follow
        return answer(items[cuts[at] : cuts[at + 1]], next=nxt, **total)

    site.pages["/list"] = page
    assert collect(site, NextLink() if link else Cursor()) == items


@given(
    count=st.integers(0, 40), asked=st.integers(1, 12), cap=st.integers(1, 12), ahead=st.integers(1, 5),
    declare=st.booleans(), offset=st.booleans(),
)  # fmt: skip
@SLOW
def test_any_page_size_and_cap_give_the_same_list(
    site: Any, count: int, asked: int, cap: int, ahead: int, declare: bool, offset: bool
) -> None:
    items = [f"i{n}" for n in range(count)]
    size = min(asked, cap)

    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        start = int(query["offset"]) if offset else (int(query["page"]) - 1) * size
        return answer(items[start : start + size], **({"total": count} if declare else {}))

    site.pages["/list"] = page
    pager = Offset(size=asked) if offset else PageNumber(size_param="size", size=asked)
    assert collect(site, pager, read_ahead=ahead) == items


@given(graph=st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=6, max_size=6))
@SLOW
def test_a_walk_over_any_graph_of_cursors_ends(site: Any, graph: list[int | None]) -> None:
    """Cursor n leads to graph[n]; a walk never asks for more pages than there are cursors, plus the first."""
    site.pages["/list"] = lambda q, _h: answer([f"c{q.get('cursor', '')}"], next=graph[int(q.get("cursor", 0))])
    site.asked.clear()
    reachable, node, ends = set(), 0, True
    while graph[node] is not None:
        node = graph[node] or 0
        if node in reachable:
            ends = False
            break
        reachable.add(node)
    try:
        got = collect(site, Cursor())
        assert ends
        assert len(got) == len(reachable) + 1
    except ConnectorError as error:
        assert not ends
        assert error.rule == "pagination_loop"
    assert len(site.asked) <= len(graph) + 1


@given(totals=st.lists(st.integers(0, 25), min_size=1, max_size=6), count=st.integers(0, 25))
@SLOW
def test_what_comes_out_of_a_lying_source_is_what_it_declared(site: Any, totals: list[int], count: int) -> None:
    """Whatever totals a server declares from page to page, the walk ends, and success means that they agree."""
    items = [f"i{n}" for n in range(count)]

    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        number = int(query["page"])
        return answer(items[(number - 1) * 5 : number * 5], total=totals[(number - 1) % len(totals)], page=number)

    site.pages["/list"] = page
    site.asked.clear()
    try:
        got = collect(site, PageNumber(size_param="size", size=5))
        assert got == items[: len(got)]
        assert len(got) == totals[0]
    except ConnectorError:
        pass
    assert len(site.asked) <= 2 * (max(totals) // 5 + 6)
