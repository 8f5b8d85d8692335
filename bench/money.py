"""Speed of the expense rules: all of them on many lines, beside a plain load and aggregate of the same rows.

``make bench-money`` prints each figure beside its bar and exits non-zero where one is missed. Both sides start from the
same records in one COPY file, run in turn in the same database and end in tables. The plain side copies them into a
table without index, types them and sums them by project, partner, claim, activity, category and method. Ours copies
them into ``raw`` with its keys, types them, computes every key, aggregate and rule, and writes the findings with their
evidence. Who partners and suppliers are is known before, from the harmonisation. The second part imports files through
the connector, then again with one of them changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, Engine, text

from bench.money_world import expense_lines, plan_lines, write_csv
from schemas.sources.base import SourceRecord
from schemas.sources.columns import payload_of
from schemas.sources.synergie import Budget, Poste
from traforo import pipeline
from traforo.settings import Settings
from warehouse import dbt
from warehouse.cluster import Cluster, connect_cluster

SCHEMA = "build_money_bench"
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")
RULES = (
    "int_synergie__expense", "int_money_wording", "int_money_line", "int_money_cup", "int_money_claim",
    "int_money_budget", "int_money_project", "int_money_total", "int_money_line_in_project", "int_finding__line",
    "int_finding__duplicate", "int_finding__several", "expense_finding",
)  # fmt: skip
"""What stands between the rows of raw and the findings, once partners and suppliers are known."""
COPIED = "record_key, payload, raw_hash, payload_hash, run_id, first_run_id, part, position, fetched_at"
AGGREGATE = """
create table stage.plain_total as
select code_projet, partenaire, numero_demande, code_activite, categorie, methode, count(*) as lines,
    sum(montant_declare) as declared, sum(montant_certifie) as certified, sum(montant_ecarte) as rejected
from stage.plain_expense group by 1, 2, 3, 4, 5, 6
"""
MOST_SECONDS, MOST_RATIO, MOST_SHARE = 20.0, 2.0, 2.0


@dataclass(frozen=True)
class Figure:
    """A measured value with the most that it may be."""

    name: str
    value: float
    most: float
    unit: str = ""

    @property
    def passed(self) -> bool:
        """The bar is kept."""
        return self.value <= self.most

    def __str__(self) -> str:
        missed = "" if self.passed else "  MISSED"
        return f"{self.name:58} {self.value:8.2f}{self.unit}  bar {self.most:6.2f}{self.unit}{missed}"


def write_copy(path: Path, records: Iterable[SourceRecord], payload_of: Callable[[Any], bytes] = payload_of) -> None:
    """Records as rows of a raw table, in the text format of COPY; payloads as the loader writes them, or otherwise."""
    with path.open("wb") as stream:
        for number, record in enumerate(records):
            payload = payload_of(record).decode()
            digest = f"\\\\x{hashlib.blake2b(payload.encode(), digest_size=16).hexdigest()}"
            key = f"{record.record_key()}/{number}"  # equal numbers are planted and stay apart
            shown = payload.replace("\\", "\\\\")
            row = (key, shown, digest, digest, "bench", "bench", "part", str(number), "2026-01-01")
            stream.write(("\t".join(row) + "\n").encode())


def copy_in(connection: Connection, table: str, path: Path, options: str = "") -> None:
    """The rows of a file into a table."""
    cursor = connection.connection.cursor()
    with cursor.copy(f"copy {table} ({COPIED}) from stdin {options}") as copy, path.open("rb") as stream:
        while block := stream.read(1 << 20):
            copy.write(block)


def store(engine: Engine, stream: str, path: Path) -> float:
    """The rows of a file as the only rows of a raw table; gives the seconds that takes.

    As a first load writes them: into a table of the same transaction, frozen and not logged, the key after the rows.
    """
    table = f"raw.synergie__{stream}"
    started = time.perf_counter()
    with engine.begin() as connection:
        connection.execute(text(f"alter table {table} drop constraint synergie__{stream}_pkey"))
        connection.execute(text(f"truncate {table}"))
        copy_in(connection, table, path, "with (freeze)")
        connection.execute(text(f"alter table {table} add primary key (record_key)"))
        connection.execute(text(f"analyze {table}"))
    return time.perf_counter() - started


def plain(engine: Engine, path: Path) -> float:
    """Seconds of the plain load and aggregate: what a careful script without rules would do."""
    with engine.begin() as connection:
        connection.execute(text("drop table if exists stage.plain_raw, stage.plain_expense, stage.plain_total"))
        connection.execute(text("create table stage.plain_raw (like raw.synergie__depenses including defaults)"))
        view = "select pg_get_viewdef('staging.stg_synergie__depenses'::regclass)"
        typed = str(connection.execute(text(view)).scalar_one())
    typed = typed.replace("raw.synergie__depenses", "stage.plain_raw").rstrip(";")
    started = time.perf_counter()
    with engine.begin() as connection:
        copy_in(connection, "stage.plain_raw", path)
        connection.exec_driver_sql("analyze stage.plain_raw")
        connection.exec_driver_sql(f"create table stage.plain_expense as {typed}")
        connection.exec_driver_sql(AGGREGATE)
    return time.perf_counter() - started


def rules(cluster: Cluster, target: Path) -> tuple[float, float]:
    """Seconds of the rules: of the whole command, and from the first statement to the last."""
    started = time.perf_counter()
    built = dbt.build(cluster, SCHEMA, target, *NO_TESTS, "--select", *RULES)
    whole = time.perf_counter() - started
    if not built.ok:
        raise RuntimeError("; ".join(built.failures))
    nodes = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    times = [step for node in nodes for step in node["timing"] if step["name"] == "execute"]
    first, last = (min(s["started_at"] for s in times), max(s["completed_at"] for s in times))
    return whole, (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


def slowest(target: Path, count: int = 6) -> str:
    """The slowest models of the last build."""
    nodes = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    ranked = sorted(nodes, key=lambda node: float(node["execution_time"]), reverse=True)[:count]
    return ", ".join(f"{node['unique_id'].split('.')[-1]} {node['execution_time']:.1f} s" for node in ranked)


def measure_rules(home: Path, lines: int, projects: int, rounds: int) -> list[Figure]:
    """All rules on ``lines`` lines of ``projects`` projects, beside the plain side, in turn."""
    target, expenses, as_read = home / "dbt", home / "depenses.copy", home / "plain.copy"
    with connect_cluster(home) as cluster:
        pipeline.upgrade_database(Settings(home))
        owner, transformer = cluster.engine("owner"), cluster.engine("transformer")
        write_copy(expenses, expense_lines(lines, projects))
        write_copy(as_read, expense_lines(lines, projects), lambda record: record.model_dump_json().encode())
        store(owner, "depenses", expenses)
        plans = list(plan_lines(projects))
        for stream, kind in (("budgets", Budget), ("postes", Poste)):
            write_copy(home / "plan.copy", [line for line in plans if isinstance(line, kind)])
            store(owner, stream, home / "plan.copy")
        built = dbt.build(cluster, SCHEMA, target, *NO_TESTS)
        if not built.ok:
            raise RuntimeError("; ".join(built.failures))
        with transformer.begin() as connection:
            connection.execute(text("grant usage on schema staging to traforo_owner"))
            connection.execute(text("grant select on staging.stg_synergie__depenses to traforo_owner"))
        measured: list[tuple[float, float]] = []
        for _ in range(rounds):
            base, copied = plain(owner, as_read), store(owner, "depenses", expenses)
            whole, statements = rules(cluster, target)
            measured.append((whole, (copied + statements) / base))
            print(f"  plain {base:.1f} s; ours: copy {copied:.1f} s, rules {statements:.1f} s, command {whole:.1f} s")
        print(f"  slowest: {slowest(target)}")
        with transformer.connect() as connection:
            _describe(connection)
        owner.dispose()
        transformer.dispose()
    return [
        Figure(
            f"all rules on {lines} lines, whole command", statistics.median(m[0] for m in measured), MOST_SECONDS, " s"
        ),
        Figure("load and rules / plain load and aggregate", statistics.median(m[1] for m in measured), MOST_RATIO),
    ]


def _describe(connection: Connection) -> None:
    found = connection.execute(
        text(f'select count(*), count(distinct rule_code) from "{SCHEMA}".expense_finding')
    ).one()
    print(f"  {found[0]} findings of {found[1]} rules")


def _import(settings: Settings) -> float:
    """Seconds from the files to raw; the batch gate, whose time does not depend on the lines, is left out."""
    started = time.perf_counter()
    run_id = pipeline.new_run(settings, "synergie")
    pipeline.fetch(settings, run_id)
    pipeline.load(settings, run_id)
    pipeline.commit(settings, run_id)
    return time.perf_counter() - started


def measure_import(home: Path, files: int, lines: int) -> list[Figure]:
    """``files`` files, then the same again with one of them changed."""
    inbox = home / "inbox"
    inbox.mkdir()
    config = home / "deployment.yml"
    options = {"inbox": str(inbox), "quiet_seconds": 0}
    config.write_text(yaml.safe_dump({"sources": {"synergie": {"options": options}}}), encoding="utf-8")
    settings = Settings(home, config)
    everything = list(expense_lines(lines * files, files, seed=2))
    by_file = [everything[number::files] for number in range(files)]
    with connect_cluster(home):
        pipeline.upgrade_database(settings)
        for number, content in enumerate(by_file):
            write_csv(inbox / f"export {number:02d}.csv", content)
        whole = _import(settings)
        changed = [line.model_copy(update={"libelle": f"{line.libelle} bis"}) for line in by_file[0]]
        write_csv(inbox / "export 00.csv", changed)
        again = _import(settings)
        with pipeline.engine_of(settings, "owner") as engine, engine.connect() as connection:
            row = connection.execute(
                text("select updated, inserted from ops.load where stream = 'depenses' order by id desc limit 1")
            ).one()
        print(f"  {files} files {whole:.1f} s, one changed {again:.1f} s, lines changed {row.updated + row.inserted}")
    return [Figure(f"one of {files} files again / its share of the whole import", again / (whole / files), MOST_SHARE)]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 when every bar is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--projects", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=20, help="files of the import, of --file-lines lines each")
    parser.add_argument("--file-lines", type=int, default=1000)
    parser.add_argument("--only", choices=("rules", "import"))
    options = parser.parse_args(arguments)
    figures: list[Figure] = []
    parts: dict[str, Callable[[Path], list[Figure]]] = {
        "rules": lambda home: measure_rules(home, options.lines, options.projects, options.rounds),
        "import": lambda home: measure_import(home, options.files, options.file_lines),
    }
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    for name, part in parts.items():
        if options.only in (None, name):
            home = Path(tempfile.mkdtemp(prefix="traforo-bench-money-"))
            try:
                figures += part(home)
            finally:
                shutil.rmtree(home, ignore_errors=True)
    for figure in figures:
        print(figure)
    return 0 if all(figure.passed for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
