import re
from collections import Counter

from schemas.reference.activity import activity_nomenclature, english_classes


def test_both_revisions_are_complete_in_three_languages(seed):
    rows = seed("nace_class")
    assert Counter(row["nace_revision"] for row in rows) == {"2.0": 615, "2.1": 651}
    assert len({(row["nace_revision"], row["nace_class"]) for row in rows}) == len(rows)
    assert all(row["label_fr"] and row["label_it"] and row["label_en"] for row in rows)
    for row in rows:
        if len(row["label_fr"]) > 30:
            assert row["label_fr"] != row["label_it"], row["nace_class"]


def test_english_headings_agree_with_the_seed(seed):
    for revision in ("2.0", "2.1"):
        expected = english_classes(revision)
        found = {row["nace_class"]: row["label_en"] for row in seed("nace_class") if row["nace_revision"] == revision}
        assert found == expected


def test_same_digits_of_two_revisions_do_not_mean_the_same(seed):
    labels = {(row["nace_revision"], row["nace_class"]): row["label_en"] for row in seed("nace_class")}
    assert labels["2.0", "38.32"] == "Recovery of sorted materials"
    assert labels["2.1", "38.32"] == "Landfilling or permanent storage"
    french = {(row["nace_revision"], row["nace_class"]): row["label_fr"] for row in seed("nace_class")}
    assert "décharge" in french["2.1", "38.32"]
    assert "trié" in french["2.0", "38.32"]


def test_national_codes_belong_to_a_class_of_their_revision(seed):
    classes = {(row["nace_revision"], row["nace_class"]) for row in seed("nace_class")}
    rows = seed("naf_ateco")
    assert Counter(row["nomenclature"] for row in rows) == {
        "NAF_REV2": 732, "ATECO_2007": 1224, "ATECO_2022": 1241, "ATECO_2025": 1290,
    }  # fmt: skip
    for row in rows:
        assert (row["nace_revision"], row["nace_class"]) in classes, row["code"]
        assert row["label_fr"] or row["label_it"]
        assert "\n" not in row["label_fr"] + row["label_it"]


def test_each_code_fits_the_pattern_of_its_nomenclature(seed):
    patterns = {str(row["nomenclature"]): re.compile(str(row["code_pattern"])) for row in activity_nomenclature()}
    assert all(patterns[row["nomenclature"]].match(row["code"]) for row in seed("naf_ateco"))
    assert patterns["NAF_2025"].match("62.10Y")
    assert not patterns["NAF_REV2"].match("62.10Y")
    letters = [set(str(row["suffix_letters"])) for row in activity_nomenclature() if row["country_code"] == "FR"]
    assert letters[0].isdisjoint(letters[1])


def test_crosswalk_totals(seed):
    rows = seed("nace_crosswalk")
    assert len(rows) == 1171
    assert sum(row["is_one_to_one"] == "true" for row in rows) == 307
    assert len({row["nace_class_2_0"] for row in rows}) == 615
    assert len({row["nace_class_2_1"] for row in rows}) == 650


def test_crosswalk_counts_its_own_sides(seed):
    rows = seed("nace_crosswalk")
    targets = Counter(row["nace_class_2_0"] for row in rows)
    origins = Counter(row["nace_class_2_1"] for row in rows)
    for row in rows:
        assert int(row["target_count"]) == targets[row["nace_class_2_0"]]
        assert int(row["origin_count"]) == origins[row["nace_class_2_1"]]
    recovery = {row["nace_class_2_1"] for row in rows if row["nace_class_2_0"] == "38.32"}
    assert "38.21" in recovery and "38.32" not in recovery
