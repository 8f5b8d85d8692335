"""Encodings, delimited text, JSON, XML and HTML: good input comes out whole, bad input is named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.core.errors import Fatal
from connectors.core.formats import (
    decode,
    iter_xml,
    load_json,
    parse_html,
    parse_xml,
    read_csv,
    read_csv_rows,
    read_json_items,
    xml_parser,
)

PHRASE = "Vallée d'Aoste – perché l'énergie coûte 5 €"


def _file(tmp_path: Path, body: bytes, name: str = "f.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(body)
    return path


# ---- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32"])
@pytest.mark.parametrize("declared", [None, "utf-8", "ISO-8859-1", "nonsense"])
def test_decode_finds_the_encoding_whatever_was_declared(encoding: str, declared: str | None) -> None:
    text, _ = decode(PHRASE.encode(encoding), declared)
    assert text == PHRASE


@given(st.text(alphabet="abcxyz àâéèêëîïôùûçìò€’«»\n;0123456789", min_size=1))
def test_decode_is_exact_for_french_and_italian_text(text: str) -> None:
    assert decode(text.encode("utf-8"))[0] == text


@pytest.mark.parametrize(
    "body",
    [
        "bénéficiaire agréé".encode("mac_roman"),
        "bénéficiaire agréé".encode("cp850"),
        "ligne en utf-8 : créée\n".encode() + "ligne en cp1252 : créée\n".encode("cp1252"),
        PHRASE.encode("utf-16-le"),
        b"\x81\x8d\x8f",
        b"\xef\xbb\xbf\xff\xff",
    ],
    ids=["mac", "dos", "mixed", "utf-16-no-bom", "undefined-in-cp1252", "lying-bom"],
)
def test_decode_refuses_what_fits_nothing(body: bytes) -> None:
    with pytest.raises(Fatal) as caught:
        decode(body, "ISO-8859-1")
    assert caught.value.rule == "encoding"


# ---- delimited text


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_csv_delimiter_and_line_ends_are_found(tmp_path: Path, newline: str, delimiter: str) -> None:
    lines = [delimiter.join(cells) for cells in (["nom", "montant"], ["Café", "12"], ["Città", "3"])]
    path = _file(tmp_path, (newline.join(lines) + newline).encode("utf-8-sig"))
    rows = list(read_csv(path))
    assert [(r.number, r.data) for r in rows] == [
        (2, {"nom": "Café", "montant": "12"}),
        (3, {"nom": "Città", "montant": "3"}),
    ]


def test_csv_decimal_commas_do_not_pass_for_delimiters(tmp_path: Path) -> None:
    path = _file(tmp_path, b"a;b\n1,5;2,5\n3,5;4,5\n")
    assert [row.data for row in read_csv(path)] == [{"a": "1,5", "b": "2,5"}, {"a": "3,5", "b": "4,5"}]


def test_csv_irregular_rows_lose_nothing(tmp_path: Path) -> None:
    path = _file(tmp_path, b'a;a;;c\n\n1;2;3;4;5\n6;7\n"x\ny";8;;9\n')
    rows = list(read_csv(path))
    assert rows[0].data == {"a": "1", "a (2)": "2", "c": "4"}
    assert rows[0].extra == ["3", "5"]
    assert rows[0].number == 3
    assert rows[1].missing == ("c",)
    assert rows[2].data["a"] == "x\ny"
    assert rows[2].extra == []


def test_csv_nul_is_shown_not_dropped(tmp_path: Path) -> None:
    path = _file(tmp_path, b"a;b\n" + b"x" * 100 + b"1\x002;3\n")
    assert next(read_csv(path)).data["a"].endswith("1\ufffd2")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (b"<!DOCTYPE html><html></html>", "html_not_csv"),
        (b"PK\x03\x04abc", "not_text"),
        (b'a;b\n"' + b"x;y\n" * 300_000, "csv"),
    ],
    ids=["zero", "blank", "html", "zip", "open-quote"],
)
def test_csv_refuses_by_name(tmp_path: Path, body: bytes, rule: str) -> None:
    with pytest.raises(Fatal) as caught:
        list(read_csv(_file(tmp_path, body)))
    assert caught.value.rule == rule


def test_csv_rows_keep_the_preamble(tmp_path: Path) -> None:
    path = _file(tmp_path, "Programme X\n\nN°;Montant\n1;2\n".encode("cp1252"))
    assert [(r.number, r.cells) for r in read_csv_rows(path, delimiter=";")] == [
        (1, ["Programme X"]),
        (2, []),
        (3, ["N°", "Montant"]),
        (4, ["1", "2"]),
    ]


# ---- JSON


def test_json_numbers_stay_exact() -> None:
    assert load_json(b'\xef\xbb\xbf{"a": 451412.010000000009313, "b": 7}') == {
        "a": Decimal("451412.010000000009313"),
        "b": 7,
    }


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b'{"a": 1, "a": 2}', "json_duplicate_key"),
        (b'{"a": NaN}', "json_number"),
        (b'{"a": -Infinity}', "json_number"),
        (b"[" * 200 + b"]" * 200, "json_depth"),
        (b"[" * 100_000 + b"]" * 100_000, "json_depth"),
        (b"<html>error</html>", "json_malformed"),
        (b'{"a": 1', "json_malformed"),
        (b"", "json_malformed"),
        (b'{"a": "\xff"}', "json_malformed"),
        (b"1" * 5000, "json_malformed"),
    ],
)
def test_json_refuses_by_name(body: bytes, rule: str) -> None:
    with pytest.raises(Fatal) as caught:
        load_json(body)
    assert caught.value.rule == rule


def test_json_unstorable_characters_are_shown() -> None:
    assert load_json(b'{"a\\u0000": ["x\\ud800y", "\\ud83d\\ude00"]}') == {"a\ufffd": ["x\ufffdy", "😀"]}


def test_json_items_stream_with_their_number(tmp_path: Path) -> None:
    body = b'{"page": 1, "meta": {"resultats": [9]}, "resultats": [{"a": 1.10}, {"b": [1, {"c": null}]}, 3]}'
    items = list(read_json_items(_file(tmp_path, body), "resultats.item"))
    assert items == [(1, {"a": Decimal("1.10")}), (2, {"b": [1, {"c": None}]}), (3, 3)]
    assert list(read_json_items(_file(tmp_path, b"[1, [2]]"), "item")) == [(1, 1), (2, [2])]
    assert list(read_json_items(_file(tmp_path, b'{"a": {"b": "x"}}'), "a.b")) == [(1, "x")]
    assert list(read_json_items(_file(tmp_path, b'{"a": 1}'), "")) == [(1, {"a": 1})]
    assert list(read_json_items(_file(tmp_path, b'{"resultats": []}'), "resultats.item")) == []


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b'{"error": "maintenance"}', "json_prefix_missing"),
        (b'{"r": {"item": 1}}', "json_prefix_missing"),
        (b'{"r": [{"a": 1, "a": 2}]}', "json_duplicate_key"),
        (b'{"x": {"k": 1, "k": 2}, "r": []}', "json_duplicate_key"),
        (b'{"r": [' + b"[" * 100_000, "json_depth"),
        (b'{"x": ' + b"[" * 100_000, "json_depth"),
        (b'{"r": [1, 2', "json_malformed"),
        (b'{"r": [NaN]}', "json_malformed"),
        (b"<html>", "json_malformed"),
    ],
)
def test_json_items_refuse_by_name(tmp_path: Path, body: bytes, rule: str) -> None:
    with pytest.raises(Fatal) as caught:
        list(read_json_items(_file(tmp_path, body), "r.item"))
    assert caught.value.rule == rule


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(json_values, max_size=5))
def test_json_items_equal_the_whole(tmp_path_factory: pytest.TempPathFactory, values: list[object]) -> None:
    import orjson

    path = tmp_path_factory.mktemp("j") / "v.json"
    path.write_bytes(orjson.dumps({"autre": [1], "r": values}))
    assert [item for _, item in read_json_items(path, "r.item")] == load_json(path.read_bytes())["r"]


# ---- XML and HTML


def test_xml_streams_the_same_elements_as_the_tree(tmp_path: Path) -> None:
    body = '<?xml version="1.0"?><r xmlns="urn:x"><g><i n="1">è</i><i n="2"/></g><i n="3"/></r>'
    path = _file(tmp_path, body.encode(), "a.xml")
    assert [e.get("n") for e in iter_xml(path, "{urn:x}i")] == ["1", "2", "3"]
    assert [e.get("n") for e in iter_xml(path, "{*}i")] == ["1", "2", "3"]
    assert [e.get("n") for e in parse_xml(path).iter("{urn:x}i")] == ["1", "2", "3"]


@pytest.mark.parametrize(("declared", "real"), [("ISO-8859-1", "utf-8"), ("UTF-8", "cp1252"), ("UTF-16", "utf-16")])
def test_xml_with_a_lying_declaration_reads_right(tmp_path: Path, declared: str, real: str) -> None:
    body = f'<?xml version="1.0" encoding="{declared}"?><r><i>Città è già</i></r>'.encode(real)
    path = _file(tmp_path, body, "lie.xml")
    assert parse_xml(path).findtext("i") == "Città è già"
    assert [e.text for e in iter_xml(path, "i")] == ["Città è già"]


XXE = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r><i>&x;</i></r>'
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in range(98, 106))
    + b"]><r><i>&i;</i></r>"
)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (XXE, "xml_doctype"),
        (LAUGHS, "xml_doctype"),
        (b"<!-- " + b"x" * 200_000 + b" --><!DOCTYPE r><r><i/></r>", "xml_doctype"),
        (b"<r>" + b"<i>" * 100_000 + b"</i>" * 100_000 + b"</r>", "xml_malformed"),
        (b"<r><i>1</i><i>2", "xml_malformed"),
        (b"not xml", "xml_malformed"),
        (b"<r>" + b"<i>1</i>" * 9 + b"\x00</r>", "xml_malformed"),
        (b"<!DOCTYPE html><html><body>login</body></html>", "html_not_xml"),
        (b"", "empty_file"),
    ],
    ids=["xxe", "laughs", "late-doctype", "deep", "cut", "text", "nul", "html", "zero"],
)
@pytest.mark.parametrize("reader", [lambda p: list(iter_xml(p, "i")), parse_xml])
def test_xml_refuses_by_name(tmp_path: Path, body: bytes, rule: str, reader: object) -> None:
    with pytest.raises(Fatal) as caught:
        reader(_file(tmp_path, body, "bad.xml"))  # one of the two lambdas above
    assert caught.value.rule == rule


def test_the_parser_itself_never_expands_entities() -> None:
    from lxml import etree

    root = etree.fromstring(XXE, xml_parser())
    assert "hostname" not in etree.tostring(root, encoding="unicode").split("]>")[-1]


@pytest.mark.parametrize(("declared", "real"), [("iso-8859-1", "utf-8"), ("utf-8", "cp1252"), (None, "utf-8-sig")])
def test_html_reads_accents_whatever_the_header_says(declared: str | None, real: str) -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body><p>Quantità</p></body></html>'.encode(real)
    assert parse_html(page, declared).findtext(".//p") == "Quantità"


def test_html_refuses_empty_and_endless_nesting() -> None:
    with pytest.raises(Fatal, match="empty_body"):
        parse_html(b"  \n")
    with pytest.raises(Fatal, match="html_depth"):
        parse_html(b"<div>" * 5000 + b"x")
