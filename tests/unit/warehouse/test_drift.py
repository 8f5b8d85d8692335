"""Drift of columns and codes over a batch, and the names that are near."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from connectors.core.errors import Defect
from connectors.core.source import Drift, RawRecord
from schemas.sources.base import DecimalText, OptionalText, SourceRecord
from warehouse.copy_lines import bad_lines
from warehouse.drift import BatchDrift, nearest, unknown_column_message
from warehouse.records import Checked, check_record, validate


class Flow(SourceRecord):
    """A synthetic flow."""

    id: str
    quantite: DecimalText = None
    unite: OptionalText = None
    sens: Literal["ENTRANT", "SORTANT"]

    def record_key(self) -> str:
        return self.id


def check(data: dict[str, Any], *defects: Defect, **policy: Any) -> tuple[Checked, BatchDrift]:
    drift = BatchDrift(Flow, Drift(**policy))
    drift.see(tuple(data))
    return check_record(Flow, RawRecord("item 1", data, defects), drift), drift


@pytest.mark.parametrize(
    ("name", "expected"),
    [("quantite_t", "quantite"), ("Quantité", "quantite"), ("unit", "unite"), ("couleur", None), ("", None)],
)
def test_the_nearest_known_name(name: str, expected: str | None) -> None:
    assert nearest(name, ["quantite", "unite", "sens"]) == expected


def test_the_message_names_it() -> None:
    assert (
        unknown_column_message("quantite_t", ["quantite"]) == "unknown column 'quantite_t'; nearest known: 'quantite'"
    )
    assert unknown_column_message("zzz", ["quantite"]) == "unknown column 'zzz'"


def test_strict_by_default() -> None:
    checked, _ = check({"id": "a", "sens": "DEDANS", "quantite_t": 1})
    assert (checked.key, checked.payload) == ("a", b"")
    assert {defect.rule for defect in checked.defects} == {"literal_error", "extra_forbidden"}


def test_a_column_may_go_but_another_mistake_still_counts() -> None:
    checked, _ = check({"id": "a", "sens": "ENTRANT", "quantite_t": 1}, unknown_column="warn")
    assert checked.dropped == ("quantite_t",)
    assert b"quantite_t" not in checked.payload
    wrong, _ = check({"id": "a", "sens": "ENTRANT", "quantite_t": 1, "quantite": "lots"}, unknown_column="warn")
    assert wrong.payload == b""
    assert len(wrong.defects) == 2


def test_a_code_of_a_mandatory_field_cannot_go() -> None:
    checked, _ = check({"id": "a", "sens": "DEDANS"}, new_code="quarantine")
    assert checked.payload == b""
    assert [defect.rule for defect in checked.defects] == ["literal_error"]


def test_a_column_that_the_reader_left_out_follows_the_same_policy() -> None:
    defect = Defect("couleur", "rouge", "unknown_field", "the mapping does not know it")
    assert check({"id": "a", "sens": "ENTRANT"}, defect)[0].payload == b""
    checked, drift = check({"id": "a", "sens": "ENTRANT"}, defect, unknown_column="warn")
    assert checked.payload
    assert drift.frequent_unknown() == ["couleur"]


def test_share_decides_what_is_a_column_of_the_source() -> None:
    drift = BatchDrift(Flow, Drift(min_share=0.1))
    drift.see(("id", "odd"), 9)
    drift.see(("id", "new"), 10)
    drift.see(("id",), 81)
    assert drift.frequent_unknown() == ["new"]


def test_missing_columns_need_a_past_and_a_batch() -> None:
    drift = BatchDrift(Flow, Drift())
    drift.see(("id", "quantite_t"), 30)
    before = {"id": 100, "quantite": 90, "rare": 10}
    assert drift.missing(before, 100) == ["quantite"]
    assert "renamed to 'quantite_t'?" in " ".join(drift.notes(before, 100)["notices"])
    small = BatchDrift(Flow, Drift())
    small.see(("id",), 5)
    assert small.missing(before, 100) == []


@pytest.mark.parametrize("key", ["", "x" * 1001, "é" * 501])
def test_keys_within_bounds(key: str) -> None:
    found, payload, defects = validate(Flow, RawRecord("item 1", {"id": key, "sens": "ENTRANT"}))
    assert (found, payload) == (None, b"")
    assert defects[0].rule in ("empty_key", "key_too_long")


def test_known_content_is_a_hash_and_a_good_record_no_reject() -> None:
    record = RawRecord("row 1", {"id": "k"})
    assert bad_lines(Checked("k", b"{}"), b"\x00", "p", record, 1, set_aside=True) == []
