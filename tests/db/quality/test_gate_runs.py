"""Great Expectations on the real database: what it finds, what it never shows."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from quality import gate
from quality.suites import Check, Suite
from warehouse.cluster import Cluster

CANARY = "canary.person@example.invalid"


def test_failures_are_found_stored_and_shown_without_values(warehouse: Cluster, tmp_path: Path) -> None:
    user, _, host = CANARY.partition("@")  # put together in SQL, since the query itself may be shown
    query = f"select n, case when n > 3 then '{user}' || '@' || '{host}' end as mail from generate_series(1, 10) n"
    checks = (
        Check("ExpectColumnValuesToBeUnique", {"column": "n"}, "critical", "keys"),
        Check("ExpectColumnValuesToNotBeNull", {"column": "mail", "mostly": 0.9}, "critical", "fill"),
        Check("ExpectColumnValuesToBeInSet", {"column": "mail", "value_set": ["other"]}, "warning", "codes"),
    )
    results = gate.evaluate([Suite("trial", query, checks)], warehouse.url("transformer", "psycopg2"), tmp_path)
    assert [(r.severity, r.success) for r in results] == [("critical", True), ("critical", False), ("warning", False)]
    engine = warehouse.engine("transformer")
    gate.store(engine, results, scope="batch", run_id="run1")
    with engine.connect() as connection:
        stored = connection.execute(text("select success, observed::text from ops.expectation_result")).all()
    engine.dispose()
    assert sorted(row[0] for row in stored) == [False, False, True]
    assert not any(CANARY in row[1] for row in stored)
    pages = list(tmp_path.rglob("*.html"))
    assert pages
    assert not any(CANARY in page.read_text(encoding="utf-8", errors="replace") for page in pages)
    verdict = gate.decide(results, tmp_path)
    assert not verdict.passed
    assert len(verdict.warnings) == 1


def test_a_column_that_is_gone_is_a_failure_with_its_reason(warehouse: Cluster, tmp_path: Path) -> None:
    check = Check("ExpectColumnValuesToNotBeNull", {"column": "gone"}, "critical", "it was there")
    results = gate.evaluate(
        [Suite("trial", "select 1 as here", (check,))], warehouse.url("transformer", "psycopg2"), tmp_path
    )
    assert [r.success for r in results] == [False]
    assert "exception" in results[0].observed


def test_a_query_that_cannot_run_closes_the_gate(warehouse: Cluster, tmp_path: Path) -> None:
    check = Check("ExpectTableRowCountToBeBetween", {"min_value": 1}, "critical", "rows")
    results = gate.evaluate(
        [Suite("trial", "select * from nowhere.nothing", (check,))], warehouse.url("transformer", "psycopg2"), tmp_path
    )
    assert not gate.decide(results, tmp_path).passed
