"""Records told by their text before they are read: delimited rows and JSON lines."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.core import formats_csv_lines, formats_ndjson
from connectors.core.errors import Fatal
from connectors.core.formats import load_json, read_csv, read_csv_blocks, read_json_blocks
from connectors.core.formats_ndjson import MAX_LINE, JsonBlock, quick_json

CELLS = st.text(st.sampled_from('ab é"\n\r;,\u2028'), max_size=5)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6)


def written(path: Path, rows: list[list[str]], quoting: int, line_end: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";", quoting=quoting, lineterminator=line_end).writerows(rows)
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6),
    st.sampled_from([(csv.QUOTE_MINIMAL, "\r\n"), *((csv.QUOTE_ALL, end) for end in ("\r\n", "\n", "\r"))]),
    st.integers(1, 12),
)  # fmt: skip
def test_rows_are_those_of_the_csv_module(
    tmp_path: Path, rows: list[list[str]], writing: tuple[int, str], chunk: int
) -> None:
    path = written(tmp_path / "a.csv", [["name", "value"], *rows], *writing)
    filled = [row for row in rows if "".join(row).strip()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formats_csv_lines, "_CHUNK", chunk)
        assert [row.cells for row in read_csv(path, delimiter=";")] == filled
        blocks = list(read_csv_blocks(path, delimiter=";"))
    for block in blocks:
        assert block.names == ("name", "value")
        for text, place in zip(block.texts, range(len(block.texts)), strict=True):
            assert next(csv.reader(io.StringIO(text.decode(), newline=""), delimiter=";")) == block.row(place).cells


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.text(st.sampled_from("ab é\\;"), max_size=3), min_size=1, max_size=3), max_size=5),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONE]), st.lists(st.integers(0, 4), unique=True, min_size=1),
)  # fmt: skip
def test_rows_by_column_are_rows(tmp_path: Path, rows: list[list[str]], quoting: int, wanted: list[int]) -> None:
    rows = [[cell.replace(";", "") for cell in row] if quoting == csv.QUOTE_NONE else row for row in rows]
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";", quoting=quoting, quotechar='"', escapechar=None).writerows(
            [["name", "value"], *[row if any(row) else ["-"] for row in rows]]
        )
    for block in read_csv_blocks(path, delimiter=";"):
        places = sorted(place for place in wanted if place < len(block.texts))
        columns = block.columns(places) if places else None
        singles = [block.row(place) for place in places]
        is_odd = any(len(row.cells) != 2 for row in singles)
        assert (columns is None) == (is_odd or not places)
        if columns:
            assert [list(row) for row in zip(*columns.cells, strict=True)] == [row.cells for row in singles]
            cells = [cell for row in singles for cell in row.cells]
            assert not columns.is_filled or all(cells)
            assert not columns.is_plain or all(cell == cell.strip() and "\\" not in cell for cell in cells)


@pytest.mark.parametrize("rows_behind", [0, 1, 1_000])
@pytest.mark.parametrize("chunk", [10, 1 << 17])
def test_a_quote_that_never_closes_swallows_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_behind: int, chunk: int
) -> None:
    monkeypatch.setattr(formats_csv_lines, "_CHUNK", chunk)
    path = tmp_path / "a.csv"
    path.write_text('a;b\n0;"closed"\n1;"open\n' + "2;y\n" * rows_behind)
    with pytest.raises(Fatal, match="row 3: a quote is opened and never closed") as error:
        list(read_csv(path, delimiter=";"))
    assert error.value.rule == "csv"
    path.write_text('a;b\n0;"closed"\n1;"also\nclosed"')
    assert [row.cells for row in read_csv(path, delimiter=";")] == [["0", "closed"], ["1", "also\nclosed"]]


def test_a_quote_inside_a_cell_is_not_the_end_of_anything(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a;b\n5" pipe;x\n7" pipe;"two\nlines"\nlast;y\n', newline="")
    assert [row.data for row in read_csv(path)] == [
        {"a": '5" pipe', "b": "x"}, {"a": '7" pipe', "b": "two\nlines"}, {"a": "last", "b": "y"},
    ]  # fmt: skip


def test_json_lines_keep_their_number_their_text_and_exact_decimals(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'\xef\xbb\xbf{"a": 451412.010000000009313}\n\n  \n{"a": 7, "b": [null, true]}')
    blocks = list(read_json_blocks(path))
    found = [(number, block.value(at)) for block in blocks for at, number in enumerate(block.numbers)]
    assert found == [(1, {"a": Decimal("451412.010000000009313")}), (4, {"a": 7, "b": [None, True]})]
    assert blocks[-1].texts[-1] == b'{"a": 7, "b": [null, true]}\n'


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.sampled_from('ab é"\\{}[],:\n\x00\U0001f600'), max_size=4), st.lists(st.integers(), max_size=2),
)  # fmt: skip
ODD_LINES = st.sampled_from(
    ['{"a":1,"a":2}', '{"a":1},{"a":2}',
     '{"a":1', '"b":2}', "{}", "[1]", "1", '{"a":-0}', '{"a":1e2}', '{"a":"\\ud800"}',
     '{"a" : "x" ,\t"b": 2} ', '{"a":"x","b":NaN}', '{"a":{"a":1}}', '{"a":1},"x', '{","b":2}', '{"a":1},2',
     '{"a":1}\\r']
)  # fmt: skip


@settings(max_examples=300)
@given(
    st.lists(st.dictionaries(st.sampled_from("ab"), VALUES, min_size=1).map(json.dumps), max_size=4),
    st.lists(st.dictionaries(st.sampled_from("ab"), VALUES, min_size=1).map(
        lambda d: json.dumps(d, ensure_ascii=False)), max_size=4),
    st.lists(ODD_LINES, max_size=2), st.randoms(),
)  # fmt: skip
def test_lines_by_column_are_lines(escaped: list[str], bare: list[str], odd: list[str], shuffle: Random) -> None:
    texts = [line.encode() for line in [*escaped, *bare, *odd]]
    shuffle.shuffle(texts)
    block = JsonBlock(range(1, len(texts) + 1), texts)
    columns = block.columns(range(len(texts))) if texts else None
    if columns:
        rows = [dict(zip(columns.names, row, strict=True)) for row in zip(*columns.cells, strict=True)]
        assert repr(rows) == repr([block.value(at) for at in range(len(texts))])
        cells = [cell for row in rows for cell in row.values()]
        assert not columns.is_plain or all(cell == cell.strip() and cell.isprintable() for cell in cells)


def test_usual_lines_are_read_by_column() -> None:
    block = JsonBlock([1, 2, 3], [b'{"a": "x", "b": 1}', b'{"a": "y", "b": null}', b'{"b": 1}'])
    assert block.columns([0, 1]) == (("a", "b"), [("x", "y"), (1, None)], False, False)
    assert block.columns([0, 1, 2]) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["{}", '{"a": 1}', "", "  "]), max_size=8), st.integers(1, 20), st.booleans())
def test_lines_are_those_of_the_file(tmp_path: Path, lines: list[str], chunk: int, is_open: bool) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text("\n".join(lines) + ("" if is_open else "\n"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formats_ndjson, "_CHUNK", chunk)
        found = [pair for block in read_json_blocks(path) for pair in zip(block.numbers, block.texts, strict=True)]
    assert found == [(number, line.encode() + b"\n") for number, line in enumerate(lines, 1) if line.strip()]


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'{"a": "' + b"x" * MAX_LINE + b'"}')
    with pytest.raises(Fatal, match="json_line"):
        list(read_json_blocks(path))


JSON = [
    b'{"a": 1, "a": 2}', b'{"a": NaN}', b"{", b'{"a": "\\ud800"}', b'{"a": "x\\u0000"}', b"[" * 101 + b"]" * 101,
    b'{"a": 1e3, "b": -0.10, "c": 12345678901234567890123}', b'{"a": {"b": ["\xc3\xa9", ""]}}', b'"\xff"', b"1 2",
    b'{"a": 0.1e-400}', b'{"\\u00e9": 1, "\xc3\xa9": 2}',
]  # fmt: skip


@pytest.mark.parametrize("body", JSON)
def test_the_quick_parser_says_what_the_thorough_one_says(body: bytes) -> None:
    try:
        wanted = load_json(body)
    except Fatal as error:
        with pytest.raises(Fatal) as caught:
            quick_json(body)
        assert caught.value.rule == error.rule
    else:
        assert repr(quick_json(body)) == repr(wanted)
