r"""``make bench-ingest``: every ratio beside its bar; exits non-zero where one falls short.

The limit is what PostgreSQL itself takes to ``\copy`` the rows, typed, into a table without index; ours is reading,
strict validation, hashing, jsonb, staging and the keyed merge. Every load runs in a process of its own; wall-clock
medians of ``--rounds`` rounds, taken in turn; CPU seconds are those of client and server together.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial
from pathlib import Path

from bench.ingest import picture
from bench.ingest.database import Database, Measured, started
from bench.ingest.flows import KINDS, write
from bench.ingest.paging import PAGES, SIZE
from bench.ingest.report import Report, medians
from connectors.core.formats_xlsx_guard import XlsxLimits

READERS = ("read_calamine", "read_fastexcel")
SAMPLE = 5_000
SLOW_ABOVE = 200_000
"""Rows above which the tools that take minutes are left out."""


def first_and_again(db: Database, report: Report, rows: int, rounds: int) -> None:
    r"""First loads beside ``\copy`` and the peers, then the same with 1 % changed, then unchanged."""
    csv = write(db.folder / "flows.csv", rows)
    kinds = [kind for kind in KINDS if kind != "xlsx" or rows <= XlsxLimits().rows]
    files = {kind: write(db.folder / f"flows.{kind}", rows) for kind in kinds}
    changed = {kind: write(db.folder / f"changed.{kind}", rows, changed_every=100) for kind in ("ndjson", "csv")}

    def load_first(path: Path) -> Measured:
        db.empty()
        return db.load(path)

    def tool(name: str, path: Path) -> Measured:
        return db.child("owner", "bench.ingest.peers", name, str(path))

    slow = [] if rows > SLOW_ABOVE else ["dlt_default", "pandas_to_sql"]
    found = medians(rounds, {
        "copy": lambda: db.copy(csv),
        **{kind: partial(load_first, path) for kind, path in files.items()},
        **{f"again {kind}": partial(again, db, files[kind], changed[kind]) for kind in changed},
        "unchanged": lambda: db.load(files["csv"], "unchanged"),
        **{name: partial(tool, name, csv) for name in ("dlt_arrow", "polars_adbc")},
        **{name: partial(tool, name, files["xlsx"]) for name in READERS if "xlsx" in files},
    })  # fmt: skip
    found |= medians(1, {name: partial(tool, name, csv) for name in slow})

    report.head(f"{rows:,} rows of 21 columns, first load; ratio to \\copy")
    report.line("psql \\copy, typed, no index", found["copy"])
    for kind in kinds:
        bar = 4.0 if kind in ("ndjson", "csv") else None
        report.line(f"{kind} → raw, validated", found[kind], found["copy"], bar)
    for name in ("polars_adbc", "dlt_arrow", *slow):
        report.line(f"{name}, nothing validated", found[name], found["copy"])
    report.head("ours ÷ a peer")
    report.line("csv ÷ dlt arrow", found["csv"], found["dlt_arrow"], 1.0)
    if slow:
        report.line("csv, times faster than dlt default", found["csv"], found["dlt_default"], 8.0, at_least=True)
    if "xlsx" in files:
        fastest = min((found[name] for name in READERS), key=lambda one: one.seconds)
        report.line("xlsx ÷ the fastest reader alone", found["xlsx"], fastest, 2.0)
    report.head("load again, ratio to the first load")
    for kind in changed:
        report.line(f"{kind}, 1 % changed", found[f"again {kind}"], found[kind], 0.35)
    report.line("csv, unchanged", found["unchanged"], found["csv"], 0.05)


def again(db: Database, first: Path, changed: Path) -> Measured:
    """The changed file over the first, which is what was loaded last."""
    db.empty()
    db.load(first)
    measured = db.load(changed)
    db.empty()
    db.load(first)  # the file of which ``unchanged`` is the repetition
    return measured


def curve(db: Database, report: Report, rows: int, folder: Path) -> None:
    """Growth of time and memory over a factor of ten."""
    points = [rows // 10, rows // 4, rows // 2, rows]
    files = {n: write(db.folder / f"curve-{n}.csv", n) for n in points}
    limits = {n: db.copy(path) for n, path in files.items()}
    loads: dict[int, Measured] = {}
    for n, path in files.items():
        db.empty()
        loads[n] = db.load(path)
    report.head("growth, CSV; memory as ratio to the smallest")
    for n in points:
        report.memory(f"{n:,} rows", loads[n], loads[points[0]], 1.25 if n == rows else None)
    picture.write(folder / f"ingest-{rows}.svg", limits, loads)


def large(db: Database, report: Report, megabytes: int) -> None:
    """Peak memory of one listing of this size, in each format that is read as a stream."""
    report.head(f"one listing of {megabytes} MB: peak memory of the process")
    for kind in ("csv", "ndjson", "json", "xml"):
        sample = write(db.folder / f"sample.{kind}", SAMPLE).stat().st_size
        rows = SAMPLE * megabytes * 1_000_000 // sample
        path = write(db.folder / f"large.{kind}", rows)
        db.empty()
        report.rows = rows
        report.bound(f"{kind}, {path.stat().st_size / 1e6:.0f} MB, {rows:,} rows", db.load(path), 300)
        path.unlink()


def paging(db: Database, report: Report, rounds: int) -> None:
    """A listing of many pages, each answered after 20 ms."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.ingest.paging", "serve"], stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    try:
        port = server.stdout.readline().strip() if server.stdout else ""
        found = medians(rounds, {
            name: partial(db.child, "owner", "bench.ingest.paging", name, port)
            for name in ("aiohttp_16", "ours_16", "ours_4")
        })  # fmt: skip
    finally:
        server.terminate()
        server.wait()
    report.rows = PAGES * SIZE
    report.head(f"HTTP paging: {PAGES} pages of {SIZE} records, 20 ms latency")
    report.line("aiohttp, 16 in flight", found["aiohttp_16"])
    report.line("walk of a connector, 16 in flight", found["ours_16"], found["aiohttp_16"], 2.0)
    report.line("walk of a connector, 4 (the default)", found["ours_4"], found["aiohttp_16"])


def main() -> int:
    """Entry point: 0 when every bar holds."""
    parser = argparse.ArgumentParser(prog="bench.ingest", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("load", "curve", "large", "paging"))
    parser.add_argument("--large-mb", type=int, default=500)
    parser.add_argument("--pictures", type=Path, default=Path(__file__).parents[1] / "pictures")
    options = parser.parse_args()
    report = Report(options.rows)
    with started() as db:
        if options.only in (None, "load"):
            first_and_again(db, report, options.rows, options.rounds)
        if options.only in (None, "curve"):
            curve(db, report, options.rows, options.pictures)
        if options.only == "large":  # takes minutes
            large(db, report, options.large_mb)
        if options.only in (None, "paging"):
            paging(db, report, options.rounds)
    print("\nevery bar holds" if report.good else "\na bar is MISSED")
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
