"""Cases 20, 21 and 23: bodies made to break parsers, and encodings that lie."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest

from connectors.core.http import Limits

GOOD = '{"id": "good"}'


def listing(*items: str) -> str:
    return f'{{"total": {len(items)}, "items": [{", ".join(items)}]}}'


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
THING = "<thing><id>a</id><name>{}</name></thing>"
WHOLE = {
    "XXE": ("xml", '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>' + THING.format("&x;") + "</l>",
            "xml_doctype"),
    "external DTD": ("xml", f'<!DOCTYPE t SYSTEM "http://127.0.0.1:1/x.dtd"><l>{THING.format("x")}</l>', "xml_doctype"),
    "billion laughs": ("xml", f"{LAUGHS}]><l>{THING.format('&i;')}</l>", "xml_doctype"),
    "deep XML": ("xml", "<a>" * 100_000 + "</a>" * 100_000, "xml_malformed"),
    "undefined entity": ("xml", f"<l>{THING.format('&x;')}</l>", "xml_malformed"),
    "cut XML": ("xml", f"<l>{THING.format('x')}<thing><id>b", "xml_malformed"),
    "HTML as XML": ("xml", "<!doctype html><title>login</title>", "html_not_xml"),
    "12 MB in one XML text": ("xml", f"<l>{THING.format('x' * 12_000_000)}</l>", "xml_malformed"),
    "deep JSON": ("json", listing('{"id": "a", "name": ' + "[" * 100_000 + "]" * 100_000 + "}"), "json_"),
    "deep JSON outside": ("json", "[" * 100_000 + "]" * 100_000, "json_"),
    "NaN": ("json", listing('{"id": "a", "weight": NaN}'), "json_malformed"),
    "Infinity": ("json", listing('{"id": "a", "weight": -Infinity}'), "json_malformed"),
    "duplicate keys": ("json", listing('{"id": "a", "weight": "1", "weight": "2"}'), "json_duplicate_key"),
    "duplicate list": ("json", '{"items": [{"id": "a"}], "items": []}', "json_duplicate_key"),
    "another answer": ("json", '{"message": "try later"}', "json_prefix_missing"),
    "cut JSON": ("json", listing(GOOD)[:-4], "json_malformed"),
    "two answers": ("json", listing(GOOD) + listing(GOOD), "json_malformed"),
    "digits without end": ("json", listing('{"id": "a", "weight": ' + "9" * 5000 + "}"), "json_"),
    "raw control character": ("json", listing('{"id": "a\x00b"}'), "json_malformed"),
    "HTML as CSV": ("csv", "<html><body>login</body></html>", "html_not_csv"),
    "workbook as CSV": ("csv", b"PK\x03\x04" + b"\x00" * 50, "not_text"),
    "quote that never closes": ("csv", 'id;name\n1;"open\n' + "2;x\n" * 300_000, "csv"),
    "empty CSV": ("csv", "", "empty_file"),
    "UTF-16 without mark": ("csv", "id;name\n1;é".encode("utf-16-le"), "encoding"),
    "DOS page": ("csv", "id;name\n1;été à l'abri\n2;forêt à côté".encode("cp850"), "encoding"),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_case_20_a_body_that_cannot_be_read_as_a_whole(trial: Any, name: str) -> None:
    """The run fails with the file's name and the rule; nothing of it is staged, the landing keeps the bytes."""
    trial.items([{"id": "kept"}])
    trial.sync()
    suffix, body, rule = WHOLE[name]
    trial.file(body, suffix)
    started = time.monotonic()
    result = trial.sync()
    assert time.monotonic() - started < 5
    assert result.outcome == "failed"
    assert result.failures[0].startswith(f"trial · file.{suffix}: ")
    assert f"[{rule}" in result.failures[0]
    assert trial.keys() == ["kept"]
    assert trial.rejects() == []
    raw = body if isinstance(body, bytes) else body.encode()
    [landed] = trial.settings.landing.glob(f"trial/things/*/*{result.run_id}/file.{suffix}")
    assert landed.read_bytes() == raw


RECORDS = {
    "lone surrogate": ('{"id": "b", "name": "\\ud800"}', "b", None),
    "NUL": ('{"id": "b", "name": "a\\u0000b"}', "b", None),
    "NUL in the key": ('{"id": "b\\u0000", "name": "x"}', "b\ufffd", None),
    "huge exponent": ('{"id": "b", "weight": 1e999999}', None, "weight"),
    "huge number": ('{"id": "b", "weight": ' + "9" * 60 + "}", None, "weight"),
    "NaN as text": ('{"id": "b", "weight": "NaN"}', None, "weight"),
    "very long key": (json.dumps({"id": "".join(f"{n:x}" for n in range(3000))}), None, "record"),
    "empty key": ('{"id": ""}', None, "record"),
    "another type": ('{"id": ["b"]}', None, "id"),
    "no object": ('"b"', None, "record"),
    "a boolean for a number": ('{"id": "b", "weight": true}', None, "weight"),
    "month 13": ('{"id": "b", "day": "2026-13-01"}', None, "day"),
    "30 February": ('{"id": "b", "day": "30/02/2026"}', None, "day"),
    "leap day": ('{"id": "b", "day": "29/02/2028"}', "b", None),
}


@pytest.mark.parametrize("name", RECORDS)
def test_case_20_one_bad_record_is_rejected_by_name_and_the_rest_goes_on(trial: Any, name: str) -> None:
    item, key, field = RECORDS[name]
    trial.file(listing(GOOD, item, '{"id": "last"}'), "json")
    result = trial.sync()
    assert result.outcome == "loaded", result.failures
    assert trial.keys() == sorted(["good", "last", *([key] if key else [])])
    assert [(position, found) for position, found, _, _ in trial.rejects()] == ([("item 2", field)] if field else [])


def test_case_20_a_field_of_200_megabytes_is_one_bounded_reject(trial: Any, respond: Any) -> None:
    body = listing(GOOD, '{"id": "b", "name": "' + "x" * 200_000_000 + '"}').encode()
    trial.limits = Limits(attempts=1, max_bytes=300_000_000)
    trial.options = {"route": "json"}
    trial.wire.pages["/file"] = respond(gzip.compress(body, 1), Content_Encoding="gzip")
    result = trial.sync()
    assert result.outcome == "loaded", result.failures
    assert trial.keys() == ["good"]
    [(position, field, rule, message)] = trial.rejects()
    assert (position, field, rule) == ("item 2", "record", "record_too_large")
    assert "200,000,0" in message
    assert trial.rows("select length(payload::text) < 100000, record_key from ops.reject") == [(True, "b")]


ENCODINGS = {
    "UTF-8": ("utf-8", "é à ç €", ";"),
    "UTF-8 with mark": ("utf-8-sig", "é à ç €", ";"),
    "cp1252": ("cp1252", "é à ç € œ", ";"),
    "ISO-8859-1": ("iso-8859-1", "è già così", ","),
    "UTF-16 with mark": ("utf-16", "é à ç €", "\t"),
}


@pytest.mark.parametrize("claim", ["utf-8", "iso-8859-1", "ascii", "nonsense"])
@pytest.mark.parametrize("name", ENCODINGS)
def test_case_21_text_is_read_whatever_the_server_claims(trial: Any, name: str, claim: str) -> None:
    encoding, words, sign = ENCODINGS[name]
    text = f'id{sign}name\r\n1{sign}"{words}"\n2{sign}"two\nlines, one; cell"\r3{sign}"says ""no"""\r\n'
    trial.file(text.encode(encoding), "csv", f"text/csv; charset={claim}")
    assert trial.sync().outcome == "loaded"
    assert trial.rows("select record_key, payload ->> 'name' from raw.trial__things order by 1") == [
        ("1", words), ("2", "two\nlines, one; cell"), ("3", 'says "no"')
    ]  # fmt: skip


def test_case_23_script_and_formulas_are_kept_as_they_came_and_not_obeyed(trial: Any) -> None:
    texts = ["<script>alert(1)</script>", '=HYPERLINK("http://x.example")', "+1+cmd|' /C calc'!A0", "'; drop table x"]
    trial.items([{"id": str(n), "name": value} for n, value in enumerate(texts)])
    assert trial.sync().outcome == "loaded"
    assert [v for (v,) in trial.rows("select payload ->> 'name' from raw.trial__things order by record_key")] == texts
