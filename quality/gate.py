"""The gate: runs suites with Great Expectations, keeps every result, decides.

Great Expectations passes an empty suite and an empty table, and severity does not change its ``success``. So the
gate counts what was evaluated, and closes on any critical failure, any exception and any missing result. No value
of a record reaches results or Data Docs: ``partial_unexpected_count`` is 0.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from quality.suites import Check, Suite

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """Outcome of one expectation."""

    suite: str
    expectation: str
    column: str | None
    severity: str
    success: bool
    observed: dict[str, Any]
    why: str

    def describe(self) -> str:
        """The failure in one line, for people."""
        column = f" of {self.column}" if self.column else ""
        return f"{self.suite}: {self.expectation}{column} — {self.why} (observed {json.dumps(self.observed)})"


@dataclass(frozen=True)
class Verdict:
    """What the gate decided.

    Attributes:
        passed: every declared expectation was evaluated and no critical one failed.
        failures: critical failures, for people.
        warnings: failures that do not close the gate.
        docs: first page of the Data Docs.
    """

    passed: bool
    checks_passed: int
    checks_failed: int
    failures: list[str]
    warnings: list[str]
    docs: Path


def evaluate(suites: Sequence[Suite], url: URL, docs: Path) -> list[Result]:
    """Run the suites over a database connection and write Data Docs.

    Args:
        suites: what to check.
        url: connection that may read what the queries name (role transformer).
        docs: folder of the Data Docs; an earlier one is replaced.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx  # noqa: PLC0415 - takes seconds to import, needed by the gate only

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    context.add_data_docs_site(
        site_name="local",
        site_config={
            "class_name": "SiteBuilder",
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    source = context.data_sources.add_postgres("warehouse", connection_string=url.render_as_string(hide_password=False))
    results: list[Result] = []
    for suite in suites:
        results += _run_suite(gx, context, source, suite)
    context.build_data_docs()
    return results


def _run_suite(gx: Any, context: Any, source: Any, suite: Suite) -> list[Result]:
    asset = source.add_query_asset(name=suite.name, query=suite.query)
    definition = context.suites.add(
        gx.ExpectationSuite(name=suite.name, expectations=[_expectation(gx, check) for check in suite.checks])
    )
    validation = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=suite.name, data=asset.add_batch_definition_whole_table(suite.name), suite=definition
        )
    )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(
            name=suite.name,
            validation_definitions=[validation],
            result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
        )
    )
    outcome = checkpoint.run()
    evaluated = [item for run in outcome.run_results.values() for item in run.results]
    if len(evaluated) != len(suite.checks):
        raise RuntimeError(f"suite {suite.name}: {len(evaluated)} of {len(suite.checks)} expectations were evaluated")
    return [_result(suite, item) for item in evaluated]


def _expectation(gx: Any, check: Check) -> Any:
    return getattr(gx.expectations, check.expectation)(
        **check.arguments, severity=check.severity, meta={"notes": check.why}
    )


def _result(suite: Suite, item: Any) -> Result:
    config = item.expectation_config
    raised = any(info.get("raised_exception") for info in _exceptions(item.exception_info))
    observed = {
        key: value for key, value in (item.result or {}).items()
        if key in ("observed_value", "element_count", "unexpected_count", "unexpected_percent")
    }  # fmt: skip
    if raised:
        observed["exception"] = next(str(i.get("exception_message")) for i in _exceptions(item.exception_info))[:300]
    return Result(
        suite.name,
        config.type,
        config.kwargs.get("column"),
        str(getattr(config.severity, "value", config.severity)),
        bool(item.success) and not raised,
        json.loads(json.dumps(observed, default=str)),
        str((config.meta or {}).get("notes", "")),
    )


def _exceptions(info: Any) -> list[dict[str, Any]]:
    """GX gives either one exception record or one per metric."""
    if not info:
        return []
    return [info] if "raised_exception" in info else list(info.values())


def decide(results: Sequence[Result], docs: Path) -> Verdict:
    """Close the gate on any critical failure, and when nothing was evaluated at all."""
    failed = [r for r in results if not r.success]
    critical = [r.describe() for r in failed if r.severity == "critical"]
    if not results:
        critical = ["no expectation was evaluated"]
    return Verdict(
        passed=not critical,
        checks_passed=len(results) - len(failed),
        checks_failed=len(failed),
        failures=critical,
        warnings=[r.describe() for r in failed if r.severity != "critical"],
        docs=docs / "index.html",
    )


def store(
    engine: Engine, results: Sequence[Result], *, scope: str, run_id: str | None = None, release_id: str | None = None
) -> None:
    """Keep every result in ``ops.expectation_result`` (role transformer)."""
    if not results:
        return
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into ops.expectation_result (run_id, release_id, scope, suite, expectation, column_name,"
                " severity, success, observed) values (:run_id, :release_id, :scope, :suite, :expectation, :column,"
                " :severity, :success, cast(:observed as jsonb))"
            ),
            [
                {
                    "run_id": run_id, "release_id": release_id, "scope": scope, "suite": r.suite,
                    "expectation": r.expectation, "column": r.column, "severity": r.severity, "success": r.success,
                    "observed": json.dumps(r.observed),
                }
                for r in results
            ],
        )  # fmt: skip
