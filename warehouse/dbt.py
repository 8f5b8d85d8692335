"""One build of dbt for one release, in a process of its own that dies with its caller."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from warehouse.cluster import Cluster, role_name
from warehouse.ops import PROJECT
from warehouse.process import die_with_parent

PROJECT_DIR = PROJECT / "dbt_project"
KEPT_BY_MATCHING = ("material_text_match", "territory_route", "matching_state")
PLANNING = {
    # Whole tables are joined on texts: hashing them costs a third of sorting them, which the planner takes for cheap.
    "enable_mergejoin": "off", "work_mem": "64MB", "maintenance_work_mem": "256MB",
}  # fmt: skip
SELECTIONS = {"--select", "-s", "--exclude", "--selector", "--models", "-m"}


@dataclass(frozen=True)
class DbtResult:
    """What one dbt invocation did.

    Attributes:
        ok: exit code 0 and fresh, complete results without error or failure.
        counts: number of nodes by status (``success``, ``pass``, ``warn``, ``fail``, ``error``, ``skipped``).
        failures: ``name: message`` of every node that failed.
        target: folder with dbt's artifacts and log.
    """

    ok: bool
    counts: dict[str, int]
    failures: list[str]
    target: Path


def environment(cluster: Cluster, build_schema: str) -> dict[str, str]:
    """Environment of a dbt process: the transformer's connection and the schema to build in."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("DBT_")},
        "TRAFORO_PG_HOST": cluster.host,
        "TRAFORO_PG_PORT": str(cluster.port),
        "TRAFORO_PG_USER": role_name("transformer"),
        "TRAFORO_PG_PASSWORD": cluster.password("transformer"),
        "TRAFORO_PG_DATABASE": cluster.database,
        "TRAFORO_BUILD_SCHEMA": build_schema,
        "PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in PLANNING.items()),
        "DBT_PROFILES_DIR": str(PROJECT_DIR),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def seeds_digest() -> str:
    """Digest over the seeds and their properties."""
    digest = hashlib.sha256()
    for path in sorted(p for p in (PROJECT_DIR / "seeds").rglob("*") if p.suffix in {".csv", ".yml"}):
        digest.update(path.relative_to(PROJECT_DIR).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def loaded_seeds(connection: Connection) -> str | None:
    """Digest of the seeds that lie in the schema ``reference``, None before the first build."""
    found = connection.execute(text("select obj_description(to_regnamespace('reference'), 'pg_namespace')")).scalar()
    return str(found) if found else None


def remember_seeds(connection: Connection, digest: str) -> None:
    """Note which seeds lie in ``reference``, so that the next build need not load them again."""
    connection.execute(text(f"comment on schema reference is '{digest}'"))


def code_digest() -> str:
    """Digest over everything that shapes the marts: dbt project, seeds, canonical model and matching."""
    digest = hashlib.sha256()
    skip = {"target", "logs", "dbt_packages"}
    files = [p for p in PROJECT_DIR.rglob("*") if p.is_file() and not skip & set(p.relative_to(PROJECT_DIR).parts)]
    files += [p for p in (PROJECT / "schemas" / "canonical").rglob("*.yml") if p.is_file()]
    files += [p for p in (PROJECT / "warehouse" / "matching").iterdir() if p.is_file()]
    for path in sorted(files):
        if path.suffix in {".sql", ".yml", ".csv", ".py"}:
            digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _swap_kept(cluster: Cluster, digest: str | None) -> str | None:
    """Note which code and lists the kept rows of incremental models are made with; returns what was noted before."""
    engine = cluster.engine("transformer")
    with engine.begin() as connection:
        connection.execute(text("create schema if not exists intermediate"))
        found = connection.execute(text("select obj_description(to_regnamespace('intermediate'), 'pg_namespace')"))
        known = found.scalar()
        connection.execute(text(f"comment on schema intermediate is '{digest or ''}'"))
    engine.dispose()
    return str(known) if known else None


def forget(cluster: Cluster) -> None:
    """Forget what builds keep for the next one, answers of the matching step included: it starts from nothing."""
    _swap_kept(cluster, None)
    engine = cluster.engine("transformer")
    with engine.begin() as connection:
        for table in KEPT_BY_MATCHING:
            connection.execute(text(f"drop table if exists intermediate.{table} cascade"))
    engine.dispose()


def build(cluster: Cluster, build_schema: str, target: Path, *arguments: str) -> DbtResult:
    """Run ``dbt build`` into ``build_schema``, with the matching step in its middle.

    Rows that incremental models have kept from the last build are taken over only where that build ended well and was
    made with the same code and lists; otherwise everything is built anew.

    Args:
        target: folder for artifacts and log, kept for the next run's partial parse.
        arguments: more arguments of ``dbt build``, e.g. ``--select``.

    Returns:
        The result; exit code and ``run_results.json`` are both read, because either alone can be misleading.
    """
    target.mkdir(parents=True, exist_ok=True)
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    digest = code_digest()
    # Nothing is noted while a build runs: one that fails or is killed leaves no note.
    is_kept = _swap_kept(cluster, None) == digest
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [
            sys.executable, "-m", "warehouse.dbt_phases", "--no-use-colors", "--log-path", str(target),
            "--project-dir", str(PROJECT_DIR), "--target-path", str(target), *arguments,
            *([] if is_kept else ["--full-refresh"]),
        ],
        check=False, capture_output=True, text=True, env=environment(cluster, build_schema), cwd=PROJECT_DIR,
        preexec_fn=die_with_parent(),
    )  # fmt: skip
    (target / "dbt_output.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    if not results.exists():
        tail = (done.stdout + done.stderr).strip()[-1500:]
        return DbtResult(False, {}, [f"dbt ended with {done.returncode} and without results: {tail}"], target)
    nodes = json.loads(results.read_text(encoding="utf-8"))["results"]
    counts = Counter(str(node["status"]) for node in nodes)
    failures = [
        f"{node['unique_id'].split('.', 2)[-1]}: {(node['message'] or '').strip()}"
        for node in nodes
        if node["status"] in ("error", "fail", "runtime error")
    ]
    ok = done.returncode == 0 and not failures and bool(nodes)
    if not ok and not failures:
        failures = [f"dbt ended with {done.returncode} and {len(nodes)} results"]
    if ok and not SELECTIONS & set(arguments):
        _swap_kept(cluster, digest)
    return DbtResult(ok, dict(counts), failures, target)
