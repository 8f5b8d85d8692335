"""A listing comes complete and in order, or with an error that names what was wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from connectors.core import paginate
from connectors.core.errors import ConnectorError, Fatal
from connectors.core.paginate import Cursor, CursorWithToken, NextLink, Offset, PageNumber, json_facts, walk

JSON = {"Content-Type": "application/json"}
INSPECT = json_facts("items", total="total", next_="next", token="token", key="id")


def answer(items: list[Any], **more: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, JSON, json.dumps({"items": items, **more}).encode()


def things(count: int) -> list[dict[str, str]]:
    return [{"id": f"i{n}"} for n in range(count)]


def collect(site: Any, pager: Any, **options: Any) -> list[str]:
    pages = walk(site.client(), "list", pager, options.pop("inspect", INSPECT), **options)
    return [item["id"] for page in pages for item in json.loads(page.response.body)["items"]]


def numbered(
    site: Any, items: list[Any], *, cap: int = 10_000, total: Callable[[int], int | None] | None = None
) -> None:
    """Serves ``items`` by page and size; the server never sends more than ``cap`` a page."""

    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        number, size = int(query["page"]), min(int(query["size"]), cap)
        declared = total(number) if total else len(items)
        return answer(items[(number - 1) * size : number * size], total=declared, page=number)

    site.pages["/list"] = page


PAGER = PageNumber(size_param="size", size=10)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 95, 100])
def test_every_item_comes_once_and_in_order(site: Any, count: int) -> None:
    numbered(site, things(count))
    notes: dict[str, Any] = {}
    assert collect(site, PAGER, notes=notes) == [f"i{n}" for n in range(count)]
    assert notes["declared_total"] == notes["items"] == count
    assert len(site.asked) == max(1, -(-count // 10)), "no request more than the pages there are"


def test_reading_ahead_gives_the_same_as_one_after_the_other(site: Any) -> None:
    numbered(site, things(73))
    assert collect(site, PAGER, read_ahead=4) == collect(site, PAGER, read_ahead=1)


def test_a_server_that_lowers_the_limit_loses_nothing_and_is_noted(site: Any) -> None:
    numbered(site, things(47), cap=7)
    notes: dict[str, Any] = {}
    assert collect(site, PAGER, notes=notes) == [f"i{n}" for n in range(47)]
    assert notes["reduced_limit"] == 7


def test_offset_moves_by_what_came(site: Any) -> None:
    items = things(53)

    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        start, size = int(query["offset"]), min(int(query["limit"]), 7)
        size = 3 if start == 14 else size  # one page is shorter than the others
        return answer(items[start : start + size], total=len(items))

    site.pages["/list"] = page
    assert collect(site, Offset(size=10)) == [f"i{n}" for n in range(53)]


def test_without_a_total_an_empty_page_ends_the_listing(site: Any) -> None:
    numbered(site, things(20), total=lambda _n: None)
    assert len(collect(site, PAGER)) == 20
    assert [query["page"] for _path, query in site.asked] == ["1", "2", "3"]


def test_no_content_past_the_end_ends_the_listing(site: Any) -> None:
    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        return answer(things(5)) if query["page"] == "1" else (204, {}, b"")

    site.pages["/list"] = page
    assert len(collect(site, PAGER)) == 5


def test_an_error_past_the_end_ends_only_where_the_source_is_known_for_it(site: Any) -> None:
    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        return answer(things(5)) if query["page"] == "1" else (404, {}, b"no such page")

    site.pages["/list"] = page
    with pytest.raises(Fatal, match="404"):
        collect(site, PAGER)
    assert len(collect(site, PageNumber(past_end=frozenset({"http_404"})))) == 5


def rule_of(site: Any, pager: Any = PAGER, **options: Any) -> str:
    with pytest.raises(ConnectorError) as caught:
        collect(site, pager, **options)
    assert caught.value.source == "actif"
    return f"{type(caught.value).__name__}:{caught.value.rule}"


def test_a_server_that_ignores_the_page_number_is_a_loop(site: Any) -> None:
    site.pages["/list"] = lambda _q, _h: answer(things(10), total=40)
    assert rule_of(site) == "Fatal:pagination_loop"


def test_a_repeated_cursor_is_a_loop(site: Any) -> None:
    site.pages["/list"] = lambda q, _h: answer(
        [{"id": q.get("cursor", "")}], next="b" if q.get("cursor") == "a" else "a"
    )
    assert rule_of(site, Cursor()) == "Fatal:pagination_loop"


def test_a_short_page_before_the_end(site: Any) -> None:
    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        items = things(40)[(int(query["page"]) - 1) * 10 : int(query["page"]) * 10]
        return answer(items[:9] if query["page"] == "2" else items, total=40)

    site.pages["/list"] = page
    assert rule_of(site) == "Retriable:short_page"


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_page_before_the_end(site: Any, status: int) -> None:
    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if query["page"] == "3":
            return answer([], total=40) if status == 200 else (204, {}, b"")
        return answer(things(40)[(int(query["page"]) - 1) * 10 : int(query["page"]) * 10], total=40)

    site.pages["/list"] = page
    assert rule_of(site, read_ahead=1) == "Retriable:empty_page"


def test_a_total_that_changes_once_is_read_again_from_the_start(site: Any) -> None:
    items = things(30)

    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        number = int(query["page"])
        if number == 2 and len(items) == 30:
            items.append({"id": "new"})
        return answer(items[(number - 1) * 10 : number * 10], total=len(items))

    site.pages["/list"] = page
    notes: dict[str, Any] = {}
    assert collect(site, PAGER, notes=notes, read_ahead=1) == [item["id"] for item in items]
    assert notes["restarted"] == "changing_total"


def test_a_total_that_keeps_changing_is_retriable(site: Any) -> None:
    ticks = iter(range(30, 1000))
    numbered(site, things(30), total=lambda _n: next(ticks))
    assert rule_of(site) == "Retriable:changing_total"


def test_nothing_is_handed_out_of_a_walk_that_is_started_again(site: Any) -> None:
    ticks = iter([30, 31, 30, 30, 30])
    numbered(site, things(30), total=lambda _n: next(ticks))
    assert len(collect(site, PAGER, read_ahead=1)) == 30


def test_a_listing_too_large_to_hold_is_handed_out_and_then_fails(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginate, "HOLD_BYTES", 10)
    numbered(site, things(25))
    assert len(collect(site, PAGER)) == 25
    ticks = iter([30, 30, 31, 30, 30, 30])
    numbered(site, things(30), total=lambda _n: next(ticks))
    assert rule_of(site, read_ahead=1) == "Retriable:changing_total"


def test_fewer_items_than_declared(site: Any) -> None:
    def cut(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        start = int(query.get("cursor", 0))
        return answer(things(20)[start : start + 10], total=30, next=start + 10 if start < 10 else None)

    site.pages["/list"] = cut
    assert rule_of(site, Cursor()) == "Retriable:total_mismatch"


def test_more_items_than_declared(site: Any) -> None:
    site.pages["/list"] = lambda _q, _h: answer(things(11), total=10)
    assert rule_of(site) == "Retriable:total_mismatch"


def test_items_that_come_on_two_pages_hide_others(site: Any) -> None:
    turn = iter(range(100))

    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        number = int(query["page"])
        items = things(20)[(number - 1) * 10 : number * 10]
        if number == 2:
            items[next(turn) % 10] = {"id": "i0"}
            items.append(items.pop(0))
        return answer([*items[:-1], {"id": f"i{next(turn) % 9}"}] if number == 2 else items, total=20)

    site.pages["/list"] = page
    assert rule_of(site) == "Retriable:unstable_listing"


def test_the_same_repeats_twice_are_the_sources_own_duplicates(site: Any) -> None:
    numbered(site, [*things(15), {"id": "i2"}])
    notes: dict[str, Any] = {}
    assert collect(site, PAGER, notes=notes).count("i2") == 2
    assert notes["repeated_items"] == 1
    assert notes["restarted"] == "unstable_listing"


def test_the_bound_on_pages(site: Any) -> None:
    numbered(site, things(100))
    assert rule_of(site, max_pages=3) == "Fatal:page_bound"


def test_partial_content_is_not_a_page(site: Any) -> None:
    site.pages["/list"] = lambda _q, _h: (206, JSON, answer(things(3))[2])
    assert rule_of(site) == "Retriable:partial_content"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<html>maintenance</html>", "Retriable:not_json"),
        (b'{"erreur": "session"}', "Fatal:unexpected_shape"),
        (b'{"items": {"a": 1}}', "Fatal:unexpected_shape"),
        (b'{"items": [], "total": "many"}', "Fatal:unexpected_shape"),
    ],
)
def test_a_200_that_is_no_listing(site: Any, body: bytes, expected: str) -> None:
    site.pages["/list"] = lambda _q, _h: (200, JSON, body)
    assert rule_of(site) == expected


def test_next_links_in_the_body_and_in_the_header(site: Any) -> None:
    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        at = int(query.get("at", 0))
        status, headers, body = answer(things(9)[at : at + 3])
        if at < 6:
            headers = {**headers, "Link": f'<list?at=0>; rel="first", <list?at={at + 3}>; rel="next"'}
        return status, headers, body

    site.pages["/list"] = page
    assert len(collect(site, NextLink())) == 9
    site.pages["/list"] = lambda q, _h: answer(
        things(9)[int(q.get("at", 0)) :][:3],
        next=f"/list?at={int(q.get('at', 0)) + 3}" if int(q.get("at", 0)) < 6 else "",
    )
    assert len(collect(site, NextLink())) == 9


def test_a_next_link_to_another_host_is_not_followed(site: Any) -> None:
    site.pages["/list"] = lambda _q, _h: answer(things(1), next="https://elsewhere.example/list?page=2")
    assert rule_of(site, NextLink()) == "BadConfig:host_not_allowed"


def test_a_cursor_goes_with_its_token(site: Any) -> None:
    def page(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        at = int(query.get("cursor", 0))
        if at and query.get("token") != f"t{at}":
            return 400, {}, b"no token"
        return answer(things(9)[at : at + 3], next=at + 3 if at < 6 else None, token=f"t{at + 3}")

    site.pages["/list"] = page
    assert len(collect(site, CursorWithToken())) == 9
    site.pages["/list"] = lambda _q, _h: answer(things(3), next="3")
    assert rule_of(site, CursorWithToken()) == "Retriable:token_missing"


def test_filters_and_headers_go_with_every_request(site: Any) -> None:
    numbered(site, things(25))
    collect(site, PAGER, params={"province": "TO"})
    assert {query["province"] for _path, query in site.asked} == {"TO"}


def test_pages_that_did_not_change_are_not_sent_again(site: Any) -> None:
    items = things(25)

    def page(query: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        number = int(query["page"])
        status, sent, body = answer(items[(number - 1) * 10 : number * 10], total=25)
        etag = f'"{hash(body)}"'
        return (
            (304, {"ETag": etag}, b"")
            if headers.get("if-none-match") == etag
            else (status, {**sent, "ETag": etag}, body)
        )

    site.pages["/list"] = page
    first = list(walk(site.client(), "list", PAGER, INSPECT))
    validators = {p.url: {"etag": p.response.headers["etag"]} for p in first}
    known = {p.url: p.facts.as_dict() for p in first}
    items[12] = {"id": "changed"}
    second = list(walk(site.client(), "list", PAGER, INSPECT, validators=validators, known=known))
    assert [page.unchanged for page in second] == [True, False, True]
    assert [page.facts.count for page in second] == [10, 10, 5]
    # Without knowing what a page held, a "not modified" could not be counted: the page is asked for in full.
    assert not any(p.unchanged for p in walk(site.client(), "list", PAGER, INSPECT, validators=validators))
