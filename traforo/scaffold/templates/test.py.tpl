"""What comes out of a small synthetic listing of ``$source``; tests/contract/standard does the rest."""

from __future__ import annotations

import json
from pathlib import Path

from connectors.core.registry import get_connector, get_contract, get_source
from connectors.core.source import LandedPart
from warehouse.records import validate

FIXTURE = Path(__file__).with_name("fixture.json")


def test_good_records_come_in_and_a_bad_one_says_why() -> None:
    source = get_source("$source")
    stream = source.stream("$stream")
    part = LandedPart(FIXTURE, "page-00001.json", "application/json", "", "", 0, {})
    records = list(get_connector("$source").read(source, stream, part))
    checked = [validate(get_contract(stream), record) for record in records]
    assert [key for key, payload, _ in checked if payload] == ["1", "2"]
    assert json.loads(checked[0][1])["quantity"] == "12.5"
    assert [(d.field, d.rule) for d in checked[2][2]] == [("quantity", "decimal_text")]
