"""JSON with exact numbers, and without the silent losses of common parsers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import ijson

from connectors.core.errors import Fatal
from connectors.core.formats_text import storable

MAX_DEPTH = 100
_BOM = b"\xef\xbb\xbf"
_BUFFER = 1 << 23
"""The parser starts a text anew whenever its buffer ends: small buffers make one huge text quadratic."""


class _DuplicateKeyError(ValueError):
    pass


def load_json(body: bytes) -> Any:
    """The value of a whole JSON text; decimals come as ``Decimal``, exactly as written.

    Raises:
        Fatal: ``json_malformed``, ``json_duplicate_key`` (other parsers keep one of the two and say
            nothing), ``json_number`` (NaN, Infinity), ``json_depth`` (more than 100 levels).
    """
    try:
        value = json.loads(
            body.removeprefix(_BOM),
            object_pairs_hook=_pairs,
            parse_float=Decimal,
            parse_constant=_not_a_number,
        )
    except _DuplicateKeyError as error:
        raise Fatal(str(error), rule="json_duplicate_key") from error
    except RecursionError as error:
        raise Fatal(f"nested deeper than {MAX_DEPTH} levels", rule="json_depth") from error
    except ValueError as error:  # covers JSONDecodeError and UnicodeDecodeError
        raise Fatal(
            f"not JSON: {error}; starts with {body[:60].decode(errors='replace')!r}", rule="json_malformed"
        ) from error
    _check_depth(value)
    lowered = body.lower()
    return _scrub(value) if b"\\u0000" in lowered or b"\\ud" in lowered else value


def read_json_items(path: Path, prefix: str) -> Iterator[tuple[int, Any]]:
    """Items of a JSON file one by one, in constant memory, numbered from 1.

    Args:
        path: the file.
        prefix: where the items are, the way ijson writes it: ``item`` for a top-level array,
            ``resultats.item`` for an array under a key, empty for the whole value.

    Raises:
        Fatal: as ``load_json``, and ``json_prefix_missing`` when the place named by ``prefix`` is not in
            the file, because an error message is valid JSON too.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(3) != _BOM:
                stream.seek(0)
            yield from enumerate(_items(ijson.basic_parse(stream, buf_size=_BUFFER), prefix, path.name), start=1)
    except (ijson.JSONError, ValueError) as error:  # ValueError: not UTF-8, or a number of thousands of digits
        reason = " ".join(str(error).split())[:160]
        raise Fatal(f"not JSON: {reason}", where=path.name, rule="json_malformed") from error


def _items(events: Iterable[tuple[str, Any]], prefix: str, where: str) -> Iterator[Any]:
    """Cut the event stream at ``prefix`` and build the values found there."""
    wanted = prefix.split(".") if prefix else []
    place: list[str | None] = []  # key of each open container, "item" inside an array
    keys: list[set[str]] = []  # keys already seen in each open object
    parent_seen = not wanted
    stream = iter(events)
    for event, value in stream:
        if event == "map_key":
            _new_key(keys[-1], value, where)
            place[-1] = value
            continue
        if event in ("end_map", "end_array"):
            place.pop()
            if event == "end_map":
                keys.pop()
            continue
        if place == wanted:
            yield _build(event, value, stream, len(place), where)
            continue
        if event in ("start_map", "start_array"):
            if len(place) >= MAX_DEPTH:
                raise Fatal(f"nested deeper than {MAX_DEPTH} levels", where=where, rule="json_depth")
            is_array = event == "start_array"
            parent_seen = parent_seen or (place == wanted[:-1] and is_array == (wanted[-1] == "item"))
            place.append("item" if is_array else None)
            if not is_array:
                keys.append(set())
    if not parent_seen:
        raise Fatal(f"has no '{prefix}': another answer than expected", where=where, rule="json_prefix_missing")


def _build(event: str, value: Any, stream: Iterator[tuple[str, Any]], depth: int, where: str) -> Any:
    """The value that starts with ``event``; reads the stream up to its end."""
    if event not in ("start_map", "start_array"):
        return storable(value) if event == "string" else value
    root: dict[str, Any] | list[Any] = {} if event == "start_map" else []
    stack: list[tuple[dict[str, Any] | list[Any], str | None]] = [(root, None)]
    for inner, content in stream:
        container, key = stack[-1]
        if inner == "map_key":
            _new_key(container, content, where)
            stack[-1] = (container, content)
            continue
        if inner in ("end_map", "end_array"):
            stack.pop()
            if not stack:
                return root
            continue
        opens = inner in ("start_map", "start_array")
        item: Any = ({} if inner == "start_map" else []) if opens else content
        if inner == "string":
            item = storable(content)
        if isinstance(container, list):
            container.append(item)
        else:
            container[storable(key or "")] = item
        if opens:
            stack.append((item, None))
            if depth + len(stack) > MAX_DEPTH:
                raise Fatal(f"nested deeper than {MAX_DEPTH} levels", where=where, rule="json_depth")
    return root  # pragma: no cover - the parser raises on a truncated text first


def _new_key(seen: Any, key: str, where: str) -> None:
    if key in seen:
        raise Fatal(f"key '{key}' occurs twice in one object", where=where, rule="json_duplicate_key")
    if isinstance(seen, set):
        seen.add(key)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _DuplicateKeyError(f"key '{twice}' occurs twice in one object")
    return result


def _not_a_number(text: str) -> NoReturn:
    raise Fatal(f"'{text}' is not a JSON number", rule="json_number")


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    raise Fatal(f"nested deeper than {MAX_DEPTH} levels", rule="json_depth")


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _scrub(item) for key, item in value.items()}
    return value
