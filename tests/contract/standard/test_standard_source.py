"""What every source must do, whatever it is: this file names none of them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.core.blocks import singly
from connectors.core.cursor import clamp
from connectors.core.errors import ConnectorError, Fatal
from connectors.core.landing import MANIFEST, finished_runs, land, read_landed
from connectors.core.registry import ROOT, get_connector
from connectors.core.source import Part, RawRecord, Source
from schemas.sources.base import SourceRecord
from warehouse.drift import BatchDrift, field_names
from warehouse.load import read_located
from warehouse.records import canonical_json, check_record


def test_identity_card_contract_and_readme(subject: Any) -> None:
    assert issubclass(subject.contract, SourceRecord)
    assert subject.contract.model_config["extra"] == "forbid"
    names = set(subject.contract.model_fields)
    assert set(subject.stream.personal_data) <= names, "personal_data names a field that the contract has not"
    assert set(subject.stream.assertions.fill) <= names, "a fill bound names a field that the contract has not"
    assert len(subject.source.cadence.split()) == 5
    readme = (ROOT / subject.source.id / "README.md").read_text(encoding="utf-8").lower()
    for word in ("refused", "not covered", "licence", "personal data"):
        assert word in readme, f"README.md says nothing under '{word}'"
    source_yml = (ROOT / subject.source.id / "source.yml").read_text(encoding="utf-8")
    assert not re.search(r"127\.0\.0\.1|localhost|sandbox", source_yml)


def plain(records: list[RawRecord]) -> list[tuple[str, bytes, str]]:
    return [(record.position, canonical_json(record.data), str(record.defects)) for record in records]


def test_two_reads_of_one_landing_agree(subject: Any) -> None:
    first = plain(subject.read())
    assert plain(subject.read()) == first
    assert plain(subject.read(read_landed(subject.landed.folder))) == first
    assert first, "the sandbox gives every stream something to read"


def test_positions_tell_the_records_of_a_part_apart(subject: Any) -> None:
    connector = get_connector(subject.source.id)
    for part in subject.landed.parts:
        defective = [r.position for r in singly(connector.read(subject.source, subject.stream, part)) if r.defects]
        assert all(defective)


def test_a_second_fetch_is_unchanged(subject: Any) -> None:
    first = subject.landed
    validators = {part.url: part.meta["validators"] for part in first.parts if part.meta.get("validators")}
    context = subject.context(since=clamp(first.notes.get("cursor")), validators=validators)
    assert subject.fetch(context, first).digest == first.digest
    assert subject.fetch().digest == first.digest, "also without validators"


def test_every_record_is_valid_or_says_what_is_wrong(subject: Any) -> None:
    drift = BatchDrift(subject.contract, subject.stream.drift)
    rejected = 0
    records = subject.read()
    for record in records:
        checked = check_record(subject.contract, record, drift)
        assert bool(checked.payload) != bool(checked.defects)
        if checked.payload:
            assert checked.key
            assert set(json.loads(checked.payload)) <= field_names(subject.contract)
        rejected += bool(checked.defects)
        assert all(defect.rule and defect.message and defect.field for defect in checked.defects)
    assert rejected <= max(1, subject.stream.assertions.max_reject_ratio * len(records))


def test_a_key_stands_for_one_record(subject: Any) -> None:
    """Where a source lists a key twice, the loader rejects the second content: that must stay the exception."""
    drift = BatchDrift(subject.contract, subject.stream.drift)
    contents: dict[str, set[bytes]] = defaultdict(set)
    for record in subject.read():
        checked = check_record(subject.contract, record, drift)
        if checked.payload:
            contents[str(checked.key)].add(checked.payload)
    conflicts = [key for key, payloads in contents.items() if len(payloads) > 1]
    assert len(conflicts) <= subject.stream.assertions.max_reject_ratio * len(contents), conflicts[:5]


class Killed(BaseException):
    """Stands for the end of the process: no ``except Exception`` holds it up."""


def test_killed_while_fetching_leaves_nothing_that_is_read(subject: Any) -> None:
    def broken() -> Iterator[Part]:
        for part in get_connector(subject.source.id).fetch(subject.stream, subject.context()):
            yield part
            raise Killed

    before = len(list(finished_runs(subject.landing, subject.source.id, subject.stream.name)))
    with pytest.raises(Killed):
        land(subject.landing, subject.source.id, subject.stream.name, "killed", broken(), {})
    [folder] = subject.landing.glob(f"{subject.source.id}/{subject.stream.name}/*/run=killed")
    assert not (folder / MANIFEST).exists()
    assert any(folder.iterdir())
    with pytest.raises(Fatal, match="landing_unfinished"):
        read_landed(folder)
    assert len(list(finished_runs(subject.landing, subject.source.id, subject.stream.name))) == before
    assert subject.fetch(name="killed").digest == subject.landed.digest, "the same run can be tried again"


ANSWERS = {
    "errors": (500, "text/plain", b"boom"),
    "login page": (200, "text/html", b"<!doctype html><html><title>login</title><form></form></html>"),
    "login page called JSON": (200, "application/json", b"<html><body>login</body></html>"),
    "nothing": (200, "application/json", b""),
    "another JSON": (200, "application/json", b'{"error": "quota exceeded"}'),
    "a JSON number": (200, "application/json", b"42"),
    "binary": (200, "application/octet-stream", bytes(range(256)) * 20),
    "not there": (404, "text/plain", b"no"),
    "refused": (403, "application/json", b'{"message": "forbidden"}'),
    "no content": (204, "text/plain", b""),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_hostile_server_gives_an_error_that_names_the_source(
    subject: Any, hostile: Callable[..., Source], name: str, tmp_path: Any
) -> None:
    """Whether the fetch or the reading finds out: never another exception, never records made of an error page."""
    source = hostile(*ANSWERS[name])
    context = subject.context(source)
    connector = get_connector(source.id)
    with pytest.raises(ConnectorError) as caught:
        landed = land(tmp_path, source.id, subject.stream.name, "hostile",
                      connector.fetch(subject.stream, context), context.notes)  # fmt: skip
        records = list(read_located(source, subject.stream, landed))
        pytest.fail(f"{len(records)} records were read from '{name}'")
    assert caught.value.rule
    assert caught.value.source == source.id


@pytest.mark.parametrize("moment", ["2999-12-31", "2999-12-31T23:59:59Z", "0001-01-01", "not a date"])
def test_a_cursor_from_another_age_skips_nothing(subject: Any, moment: str) -> None:
    cursor = {**(subject.landed.notes.get("cursor") or {}), "since": moment, "updated": moment, "modified": moment}
    context = subject.context(since=clamp(cursor))
    assert subject.fetch(context).digest == subject.landed.digest


def test_requests_are_made_through_the_one_client(subject: Any) -> None:
    folder = ROOT / subject.source.id
    text = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    assert not re.search(r"^\s*(import|from) (requests|urllib3|httpx|http\.client|urllib\.request)", text, re.MULTILINE)
    assert "etree.XMLParser(" not in text
