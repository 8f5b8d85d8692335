"""The gate closes on anything but complete, critical-free results."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.core.source import Assertions, Stream
from quality.gate import Result, decide
from quality.live import Beside
from quality.suites import NEVER_EMPTY, batch_suites, release_suites

DOCS = Path("docs")
TEXT = {"fr": "essai", "it": "prova", "en": "test"}


def result(*, success: bool, severity: str = "critical") -> Result:
    return Result("suite", "expect_something", "column", severity, success, {"observed_value": 1}, "because")


def test_all_good_passes() -> None:
    verdict = decide([result(success=True), result(success=True, severity="warning")], DOCS)
    assert verdict.passed
    assert (verdict.checks_passed, verdict.checks_failed) == (2, 0)


def test_one_critical_failure_closes_and_says_why() -> None:
    verdict = decide([result(success=True), result(success=False)], DOCS)
    assert not verdict.passed
    assert verdict.failures == ['suite: expect_something of column — because (observed {"observed_value": 1})']


def test_a_warning_is_reported_and_does_not_close() -> None:
    verdict = decide([result(success=True), result(success=False, severity="warning")], DOCS)
    assert verdict.passed
    assert len(verdict.warnings) == 1


def test_nothing_evaluated_is_a_failure() -> None:
    assert not decide([], DOCS).passed


def stream(**bounds: object) -> Stream:
    return Stream.model_validate(
        {"name": "things", "title": TEXT, "contract": "a:B", "assertions": Assertions.model_validate(bounds)}
    )


def test_every_bound_of_a_source_becomes_a_check() -> None:
    records, batch = batch_suites("trial", stream(min_records=7, max_records=9, fill={"siret": 0.8}), "run1")
    fills = [c for c in records.checks if c.arguments.get("mostly")]
    assert [(c.arguments["column"], c.arguments["mostly"]) for c in fills] == [("siret", 0.8)]
    bounds = {(c.arguments["column"], c.arguments.get("min_value"), c.arguments.get("max_value")) for c in batch.checks}
    assert ("valid", 7, None) in bounds
    assert ("valid", None, 9) in bounds
    assert {"reject_ratio", "drop_ratio", "delete_ratio"} <= {c.arguments["column"] for c in batch.checks}
    assert [c.severity for c in batch.checks if c.arguments.get("max_value") == 9] == ["warning"]
    assert "run1" in batch.query


def test_a_partial_listing_has_no_bound_on_what_is_gone() -> None:
    partial = stream().model_copy(update={"complete": False})
    _, batch = batch_suites("trial", partial, "run1")
    assert not {"drop_ratio", "delete_ratio"} & {c.arguments["column"] for c in batch.checks}


@pytest.mark.parametrize("rows", [{}, {"flow": 1000}])
def test_a_release_may_lose_a_fifth_of_a_table_and_no_table_that_has_a_source(rows: dict[str, int]) -> None:
    suites = {s.name: s for s in release_suites("build_x", {"flow": 900}, Beside(rows), {"actif.flux"})}
    floor = suites["release.flow"].checks[0].arguments["min_value"]
    assert floor == (800 if rows else 1)
    assert "release.expense" not in suites
    assert all(table in {name.removeprefix("release.") for name in suites} for table, s in NEVER_EMPTY.items() if not s)


def test_a_release_is_compared_with_the_live_one_by_keys_columns_and_sources() -> None:
    live = Beside({"site": 50}, {"site": {"latitude": 0.9, "rea_code": 0.1}}, {"site": 0.25}, {"actif": 0.0})
    suites = {s.name: s for s in release_suites("build_x", {"site": 50}, live, set())}
    fills = [c.arguments for c in suites["release.site"].checks if "mostly" in c.arguments]
    assert [(f["column"], round(f["mostly"], 6)) for f in fills] == [("latitude", 0.7)]
    assert suites["release.keys_gone"].query == 'select 0.25::float8 as "site"'
    assert suites["release.source_drop"].query == 'select 0.0::float8 as "actif"'
    for name in ("keys_gone", "source_drop"):
        [check] = suites[f"release.{name}"].checks
        assert check.arguments["max_value"] == 0.2
        assert check.severity == "critical"
