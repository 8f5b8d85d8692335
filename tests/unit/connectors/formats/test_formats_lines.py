"""Records told by their text before they are read: delimited rows and JSON lines."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.core.errors import Fatal
from connectors.core.formats import load_json, read_csv, read_json_lines
from connectors.core.formats_ndjson import MAX_LINE, quick_json

CELLS = st.text(st.sampled_from('ab é"\n\r;,\u2028'), max_size=5)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
)
def test_rows_are_those_of_the_csv_module(tmp_path: Path, rows: list[list[str]], quoting: int) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", quoting=quoting)
    writer.writerows([["name", "value"], *rows])
    path = tmp_path / "a.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    filled = [row for row in rows if "".join(row).strip()]
    found = list(read_csv(path, delimiter=";"))
    assert [list(row.data.values()) for row in found] == filled
    for row in found:
        assert next(csv.reader(io.StringIO(row.text, newline=""), delimiter=";")) == row.cells
        assert row.context == b";\x1fname\x1fvalue"


def test_a_quote_inside_a_cell_is_not_the_end_of_anything(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a;b\n5" pipe;x\n7" pipe;"two\nlines"\nlast;y\n', newline="")
    assert [row.data for row in read_csv(path)] == [
        {"a": '5" pipe', "b": "x"}, {"a": '7" pipe', "b": "two\nlines"}, {"a": "last", "b": "y"},
    ]  # fmt: skip


def test_json_lines_keep_their_number_their_text_and_exact_decimals(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'\xef\xbb\xbf{"a": 451412.010000000009313}\n\n  \n{"a": 7, "b": [null, true]}')
    lines = list(read_json_lines(path))
    assert [(line.number, line.value) for line in lines] == [
        (1, {"a": Decimal("451412.010000000009313")}), (4, {"a": 7, "b": [None, True]}),
    ]  # fmt: skip
    assert lines[1].text == b'{"a": 7, "b": [null, true]}'


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'{"a": "' + b"x" * MAX_LINE + b'"}')
    with pytest.raises(Fatal, match="json_line"):
        list(read_json_lines(path))


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
