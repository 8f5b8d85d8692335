import pytest

from schemas.reference import build
from schemas.reference.packages import package_file
from schemas.reference.seed import ReferenceDataError

# Seeds whose sources are lists of this repository: they rebuild on any machine.
OWN = ["nuts", "nuts_eligibility", "low_code", "waste_operation", "hazard_property", "activity_nomenclature",
       "unit", "unit_term", "legal_form_pattern", "physical_state_term", "third_place_type_term",
       "cost_category_term", "material_concept", "material_concept_term", "material_false_friend"]  # fmt: skip


def test_committed_seeds_are_what_the_lists_say_today():
    assert build.main(["--check", *OWN]) == 0


def test_check_reports_a_difference_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SEEDS", tmp_path)
    assert build.main(["--check", "unit"]) == 1
    assert not list(tmp_path.iterdir())


def test_build_writes_once(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(build, "SEEDS", tmp_path)
    caplog.set_level("INFO")
    assert build.main(["unit"]) == 0
    first = (tmp_path / "unit.csv").read_bytes()
    assert build.main(["unit"]) == 0
    assert (tmp_path / "unit.csv").read_bytes() == first
    assert b"\r" not in first
    assert "written" in caplog.messages[0] and "unchanged" in caplog.messages[1]


def test_an_unknown_seed_is_named():
    with pytest.raises(ReferenceDataError, match="no_such_seed"):
        build.build(["no_such_seed"])


def test_a_missing_package_says_how_to_get_it():
    with pytest.raises(ReferenceDataError, match="uv sync --group reference"):
        package_file("no_such_package", "data.csv")
    with pytest.raises(ReferenceDataError, match=r"has no eu/nace99\.dat"):
        package_file("stdnum", "eu/nace99.dat")
