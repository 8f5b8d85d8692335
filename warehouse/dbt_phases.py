"""``dbt build`` in one process and one parse, with the matching step where it belongs.

What reads the tables of the matching step (dbt source ``matching``) is built after it, everything else before it; the
lineage decides, nothing is listed here. The two results are put together in one ``run_results.json``. Run by
``warehouse.dbt`` as ``python -m warehouse.dbt_phases ARGUMENTS``; with a selection of its own it is a plain build.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from warehouse.dbt import SELECTIONS
from warehouse.dbt_manifest import project
from warehouse.matching.run import Matched, run

AFTER_MATCHING = "source:matching+"
logger = logging.getLogger(__name__)


class ParsingFailed(Exception):
    """dbt cannot read the project; it has said why."""


def build(arguments: list[str]) -> int:
    """Build everything; returns the exit code of dbt (0 good, 1 failures, 2 dbt itself failed).

    Args:
        arguments: of ``dbt build``; global flags first.
    """
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - dbt takes seconds to import
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - as above

    if any(argument in SELECTIONS for argument in arguments):
        return _code(dbtRunner().invoke(_command("build", arguments)))
    # A parsed project is a million objects that stay: looking through them for garbage takes a sixth of the time.
    gc.set_threshold(200_000, 20, 20)

    def parse() -> Manifest:
        parsed = dbtRunner().invoke(_command("parse", ["--no-write-json", *_where(arguments)]))
        if not isinstance(parsed.result, Manifest):
            raise ParsingFailed(_code(parsed))
        return parsed.result

    try:
        runner = dbtRunner(manifest=project(_target(arguments), parse))
    except ParsingFailed as failed:
        return int(failed.args[0])
    results = _target(arguments) / "run_results.json"
    first = runner.invoke(_command("build", [*arguments, "--exclude", AFTER_MATCHING]))
    if not first.success:
        return _code(first)
    before = json.loads(results.read_text(encoding="utf-8"))
    step: dict[str, Any] = {"unique_id": "step.traforo.matching", "status": "success"}
    started = time.monotonic()
    try:
        step["message"] = f"matched {match()}"
    except Exception as error:
        step |= {"status": "error", "message": f"{type(error).__name__}: {error}"}
        raise
    finally:
        step["execution_time"] = time.monotonic() - started
        before["results"].append(step)
        results.write_text(json.dumps(before), encoding="utf-8")
    print(step["message"])  # noqa: T201 - goes to dbt_output.log beside dbt's own lines
    second = runner.invoke(_command("build", [*arguments, "--select", AFTER_MATCHING]))
    if results.exists():
        after = json.loads(results.read_text(encoding="utf-8"))
        after["results"] = before["results"] + after["results"]
        after["elapsed_time"] = before["elapsed_time"] + after["elapsed_time"]
        results.write_text(json.dumps(after), encoding="utf-8")
    return _code(second)


def match() -> Matched:
    """The matching step on the connection that dbt uses, in one transaction."""
    engine = create_engine(
        URL.create(
            "postgresql+psycopg", os.environ["TRAFORO_PG_USER"], os.environ["TRAFORO_PG_PASSWORD"],
            os.environ["TRAFORO_PG_HOST"], int(os.environ["TRAFORO_PG_PORT"]), os.environ["TRAFORO_PG_DATABASE"],
        ),
        connect_args={"application_name": "traforo matching"},
    )  # fmt: skip
    try:
        with engine.begin() as connection:
            return run(connection)
    finally:
        engine.dispose()


def _command(name: str, arguments: list[str]) -> list[str]:
    """Dbt wants its global flags before the command."""
    flags: list[str] = []
    rest = list(arguments)
    while rest and rest[0] in ("--no-use-colors", "--no-write-json", "--log-path"):
        flags.append(rest.pop(0))
        if flags[-1] == "--log-path":
            flags.append(rest.pop(0))
    return [*flags, name, *rest]


def _where(arguments: list[str]) -> list[str]:
    """The arguments that every command of dbt knows: where things lie."""
    known = {"--no-use-colors": 1, "--log-path": 2, "--project-dir": 2, "--target-path": 2}
    return [word for at, name in enumerate(arguments) for word in arguments[at : at + known.get(name, 0)]]


def _target(arguments: list[str]) -> Path:
    return Path(arguments[arguments.index("--target-path") + 1])


def _code(result: Any) -> int:
    if result.exception is not None:
        print(f"{type(result.exception).__name__}: {result.exception}", file=sys.stderr)  # noqa: T201 - its own process
        return 2
    return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(build(sys.argv[1:]))
