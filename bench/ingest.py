"""How fast files become validated rows of ``raw``, beside ``psql \\copy`` of the same rows in the same run.

``make bench-ingest`` prints each ratio beside its bar and exits non-zero where one falls short. The limit is what
PostgreSQL itself takes to copy the rows, typed, into a table without index; ours is reading, strict validation,
hashing, jsonb, staging and the keyed merge. Figures are medians of ``--rounds`` runs, wall-clock.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import xlsxwriter
from sqlalchemy import Engine, text

from connectors.core import formats
from connectors.core.landing import Landed, land
from connectors.core.source import LandedPart, Part, RawRecord, Source, Stream
from schemas.sources.base import DateText, DecimalText, OptionalText, SourceRecord
from warehouse import embedded, ops
from warehouse.cluster import connect_cluster
from warehouse.load import stage
from warehouse.merge import merge
from warehouse.migrate import upgrade

TEXTS = ("siret", "site", "company", "activity", "address", "postcode", "commune", "direction", "kind", "family",
         "label", "waste_code", "unit", "frequency", "state", "treatment")  # fmt: skip
TEXT = {"fr": "essai", "it": "prova", "en": "bench"}


class Flow(SourceRecord):
    """A flow of 21 columns: key, 16 texts, three numbers, one day."""

    id: str
    siret: OptionalText = None
    site: OptionalText = None
    company: OptionalText = None
    activity: OptionalText = None
    address: OptionalText = None
    postcode: OptionalText = None
    commune: OptionalText = None
    direction: OptionalText = None
    kind: OptionalText = None
    family: OptionalText = None
    label: OptionalText = None
    waste_code: OptionalText = None
    unit: OptionalText = None
    frequency: OptionalText = None
    state: OptionalText = None
    treatment: OptionalText = None
    quantity: DecimalText = None
    latitude: DecimalText = None
    longitude: DecimalText = None
    updated: DateText = None

    def record_key(self) -> str:
        """The id."""
        return self.id


def flow(number: int, changed: bool = False) -> dict[str, str]:
    """A synthetic flow; ``changed`` gives it another quantity."""
    values = {name: f"{name} {number % 997}" for name in TEXTS}
    return {
        "id": f"F{number:08}", **values, "company": f"Société {number} (fictif)", "commune": "Chambéry",
        "quantity": f"{number % 5000}.{5 if changed else 25}", "latitude": f"45.{number % 100000:05}",
        "longitude": f"6.{number % 100000:05}", "updated": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}",
    }  # fmt: skip


COLUMNS = list(flow(0))


def write(folder: Path, kind: str, rows: Sequence[dict[str, str]]) -> Path:
    """The rows as one file of this kind."""
    path = folder / f"flows.{kind}"
    if kind == "xlsx":
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        sheet = book.add_worksheet()
        for number, row in enumerate([dict(zip(COLUMNS, COLUMNS, strict=True)), *rows]):
            sheet.write_row(number, 0, list(row.values()))
        book.close()
        return path
    with path.open("w", encoding="utf-8", newline="") as stream:
        if kind == "csv":
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        elif kind == "json":
            stream.write('{"items": [' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "]}")
        else:
            stream.write("<flows>")
            for row in rows:
                stream.write("<flow>" + "".join(f"<{k}>{v}</{k}>" for k, v in row.items()) + "</flow>\n")
            stream.write("</flows>")
    return path


class Reader:
    """Stands for a connector: the project's format readers, nothing interpreted."""

    @staticmethod
    def read(_source: Source, _stream: Stream, part: LandedPart) -> Iterator[RawRecord]:
        """Records of the file by its extension."""
        suffix = part.path.suffix
        if suffix == ".csv":
            for row in formats.read_csv(part.path):
                yield RawRecord(f"row {row.number}", row.data)
        elif suffix == ".json":
            for number, item in formats.read_json_items(part.path, "items.item"):
                yield RawRecord(f"item {number}", item)
        elif suffix == ".xml":
            for number, element in enumerate(formats.iter_xml(part.path, "flow"), 1):
                yield RawRecord(f"flow {number}", {child.tag: child.text for child in element})
        else:
            for sheet in formats.read_xlsx(part.path):
                rows = iter(sheet.rows)
                names = [str(cell.value) for cell in next(rows).cells]
                for row in rows:
                    values = {name: cell.value for name, cell in zip(names, row.cells, strict=False)}
                    yield RawRecord(f"row {row.number}", values)


STREAM = Stream.model_validate({"name": "flows", "title": TEXT, "contract": "schemas.sources.base:SourceRecord"})
SOURCE = Source.model_validate(
    {
        "id": "bench", "title": TEXT, "description": TEXT, "publisher": "nobody (synthetic)", "country": "EU",
        "language": "en", "licence": {"name": "none", "attribution": "none", "redistributable": False},
        "cadence": "0 3 * * *", "stale_after_hours": 48, "streams": [STREAM],
    }
)  # fmt: skip


@dataclass
class Bench:
    """One database, one folder of files."""

    engine: Engine
    owner: Engine
    psql: list[str]
    environment: dict[str, str]
    folder: Path

    def load(self, path: Path) -> float:
        """Seconds from landed bytes to rows of ``raw``."""
        run_id = ops.start_run(self.engine, "ingest", "bench", {})
        landed: Landed = land(self.folder / "landing", "bench", "flows", run_id,
                              [Part(path.name, path.read_bytes(), "", path.name)], {})  # fmt: skip
        with self.engine.begin() as connection:
            ops.record_landed(connection, run_id, landed, "landed")
        started = time.perf_counter()
        stage(self.engine, SOURCE, STREAM, run_id, landed)
        merge(self.engine, SOURCE, run_id, {"flows": landed})
        return time.perf_counter() - started

    def empty(self) -> None:
        """Start from nothing."""
        with self.owner.begin() as connection:
            connection.execute(text("truncate raw.bench__flows"))
            connection.execute(text("truncate ops.source_state"))

    def copy(self, path: Path) -> float:
        """Seconds of ``\\copy`` of the CSV into a typed table."""
        types = {"quantity": "numeric", "latitude": "numeric", "longitude": "numeric", "updated": "date"}
        columns = ", ".join(f"{name} {types.get(name, 'text')}" for name in COLUMNS)
        setup = f"drop table if exists flows_limit; create table flows_limit ({columns})"
        self._psql(setup)
        started = time.perf_counter()
        self._psql(f"\\copy flows_limit from '{path}' with (format csv, header true)")
        return time.perf_counter() - started

    def _psql(self, command: str) -> None:
        subprocess.run([*self.psql, "-c", command], env=self.environment, check=True, capture_output=True)


def median(rounds: int, measure: Callable[[], float], before: Callable[[], Any] = lambda: None) -> float:
    """The median of several runs."""
    seconds = []
    for _ in range(rounds):
        before()
        seconds.append(measure())
    return statistics.median(seconds)


def run(bench: Bench, rows: int, rounds: int) -> bool:
    """Measure and print; whether every bar holds."""
    data = [flow(number) for number in range(rows)]
    limit = median(rounds, lambda: bench.copy(write(bench.folder, "csv", data)))
    print(f"{rows:,} rows of {len(COLUMNS)} columns, medians of {rounds}\n")
    print(f"{'what':<34}{'seconds':>9}{'rows/s':>10}{'ratio':>8}{'bar':>7}")
    print(f"{'psql copy, typed, no index':<34}{limit:>9.2f}{rows / limit:>10,.0f}{1:>8.2f}")
    good = True

    def report(name: str, seconds: float, base: float, bar: float | None) -> None:
        nonlocal good
        ratio = seconds / base
        holds = bar is None or ratio <= bar
        good = good and holds
        mark = "" if bar is None else f"{bar:>7.2f}" + ("" if holds else "  MISSED")
        print(f"{name:<34}{seconds:>9.2f}{rows / seconds:>10,.0f}{ratio:>8.2f}{mark}")

    first = 0.0
    for kind, bar in (("json", None), ("xml", None), ("xlsx", None), ("csv", 4.0)):
        path = write(bench.folder, kind, data)
        first = median(rounds, lambda path=path: bench.load(path), bench.empty)  # type: ignore[misc]
        report(f"first load, {kind}", first, limit, bar)
    changed = [flow(number, changed=number % 100 == 0) for number in range(rows)]
    turns = [write(bench.folder, "csv", changed).rename(bench.folder / "changed.csv"), write(bench.folder, "csv", data)]
    order = iter(turns * rounds)
    report("load again, 1 % changed", median(rounds, lambda: bench.load(next(order))), first, 0.35)
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point: 0 when every bar holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="traforo-bench-"))
    folder.chmod(0o755)
    try:
        with connect_cluster(folder) as cluster:
            upgrade(cluster, [("bench", "flows", 24)])
            engine, owner = cluster.engine("loader"), cluster.engine("owner")
            url = cluster.url("owner", "psycopg")
            environment = {**os.environ, "PGPASSWORD": str(url.password)}
            psql = [str(embedded.binary(folder, "psql")), "-X", "-q", "-h", str(url.host), "-p", str(url.port),
                    "-U", str(url.username), "-d", str(url.database)]  # fmt: skip
            bench = Bench(engine, owner, psql, environment, folder)
            with patch("warehouse.load.get_connector", lambda _id: Reader), \
                 patch("warehouse.load.get_contract", lambda _stream: Flow):  # fmt: skip
                good = run(bench, options.rows, options.rounds)
            engine.dispose()
            owner.dispose()
            embedded.stop(folder, mode="immediate")
    finally:
        shutil.rmtree(embedded.paths(folder).base, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
