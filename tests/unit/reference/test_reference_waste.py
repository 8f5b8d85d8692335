import re
from collections import Counter

import pytest

from schemas.reference.seed import ReferenceDataError
from schemas.reference.waste import _check_low, display, hazard_property, low_code, waste_operation

CODES_IN_TEXT = re.compile(r"\d\d \d\d \d\d")


def codes(seed):
    return [row for row in seed("low_code") if row["low_level"] == "code"]


def test_the_list_is_complete(seed):
    levels = Counter(row["low_level"] for row in seed("low_code"))
    assert levels == {"chapter": 20, "subchapter": 111, "code": 842}
    known = {row["low_code"] for row in seed("low_code")}
    assert len(known) == 973
    assert all(row["parent_code"] in known for row in seed("low_code") if row["low_level"] != "chapter")


def test_hazard_flags_and_entry_types(seed):
    rows = codes(seed)
    assert sum(row["is_hazardous"] == "true" for row in rows) == 408
    assert Counter(row["entry_type"] for row in rows) == {
        "absolute_hazardous": 235,
        "mirror_hazardous": 173,
        "absolute_non_hazardous": 256,
        "mirror_non_hazardous": 178,
    }
    for row in rows:
        assert (row["is_hazardous"] == "true") == (not row["entry_type"].endswith("non_hazardous"))
        assert row["display_code"].endswith("*") == (row["is_hazardous"] == "true")


@pytest.mark.parametrize(
    ("code", "hazardous"),
    [("010310", "true"), ("160307", "true"), ("190308", "true"), ("180102", "false"), ("130899", "true"),
     ("020304", "false"), ("170605", "true"), ("200301", "false")],
)  # fmt: skip
def test_flags_of_codes_that_lists_often_get_wrong(seed, code, hazardous):
    assert next(row for row in codes(seed) if row["low_code"] == code)["is_hazardous"] == hazardous


def test_no_code_that_does_not_exist(seed):
    assert "101305" not in {row["low_code"] for row in codes(seed)}


def test_the_three_languages_cite_the_same_codes(seed):
    for row in codes(seed):
        cited = [sorted(CODES_IN_TEXT.findall(row[f"label_{tongue}"])) for tongue in ("fr", "it", "en")]
        assert cited[0] == cited[1] == cited[2], row["low_code"]


def test_labels_stand_in_every_language_and_long_ones_differ(seed):
    for row in seed("low_code"):
        assert row["label_fr"] and row["label_it"] and row["label_en"]
        if len(row["label_fr"]) > 25:
            assert len({row["label_fr"], row["label_it"], row["label_en"]}) == 3, row["low_code"]


def test_mirror_entries_name_the_entry_they_mirror(seed):
    """A non-hazardous mirror entry says 'other than those mentioned in' a hazardous code of its chapter."""
    hazardous = {row["low_code"] for row in codes(seed) if row["is_hazardous"] == "true"}
    for row in codes(seed):
        cited = {code.replace(" ", "") for code in CODES_IN_TEXT.findall(row["label_it"])}
        if row["entry_type"] == "mirror_non_hazardous" and cited and "divers" in row["label_it"]:
            assert cited & hazardous, row["low_code"]


def test_italian_wording_says_how_far_it_was_checked(seed):
    status = Counter(row["label_it_status"] for row in codes(seed))
    assert set(status) == {"official", "to_proofread"}
    assert status["official"] >= 700


def test_a_code_without_parent_is_refused():
    rows = low_code()
    with pytest.raises(ReferenceDataError, match="842"):
        _check_low([row for row in rows if row["low_level"] != "chapter"])
    orphan = [{**row, "parent_code": "9999"} if row["low_code"] == "010101" else row for row in rows]
    with pytest.raises(ReferenceDataError, match="010101 has no parent"):
        _check_low(orphan)


def test_display_form():
    assert display("030104", hazardous=True) == "03 01 04*"
    assert display("0301", hazardous=False) == "03 01"


def test_operations_and_hazard_properties():
    operations = {row["operation_code"]: row for row in waste_operation()}
    assert len(operations) == 28
    assert {code for code, row in operations.items() if row["is_recovery"]} == {f"R{n}" for n in range(1, 14)}
    assert operations["R13"]["is_final"] is False
    assert operations["R3"]["is_final"] is True
    assert [row["hazard_code"] for row in hazard_property()] == [f"HP{n}" for n in range(1, 16)]
