"""What a whole build costs as records grow, and what it costs again when one record in a hundred has changed.

``make bench-harmonise`` builds a release from 10k, 100k and, with ``--sizes``, 1M flow records that lie in ``raw``:
staging to marts, matching, keys and indexes, without dbt's data tests, which are the audit. Then it changes one
record in a hundred and builds again; then as many new records of new companies arrive, and it builds once more. Ratios
are of CPU seconds, of dbt's process and of the server together, which a busy machine disturbs least; wall-clock seconds
stand beside them.

    python -m bench.harmonise --sizes 10000 100000 --json bench/results/harmonise.json
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.harmonise_world import World, put
from traforo.pipeline import upgrade_database
from traforo.settings import Settings
from warehouse import dbt, embedded
from warehouse.cluster import Cluster, connect_cluster

_LINES = (("first", "first build", "#1f77b4"), ("second", "after 1 % changed", "#d62728"),
          ("third", "after 1 % new", "#2ca02c"))  # fmt: skip
PICTURE = Path(__file__).with_name("pictures") / "harmonise.svg"
_PARTS = ("", "_bi", "_finance")
WITHOUT = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


@contextmanager
def server() -> Iterator[tuple[Cluster, Path]]:
    """A database of its own, dropped at the end."""
    with tempfile.TemporaryDirectory(prefix="traforo-bench-") as folder:
        home = Path(folder)
        try:
            with connect_cluster(home) as cluster:
                upgrade_database(Settings(home))
                yield cluster, home
        finally:
            shutil.rmtree(embedded.paths(home).base, ignore_errors=True)


def build(cluster: Cluster, home: Path, schema: str, *, seeds: bool = False) -> dict[str, Any]:
    """Build into ``schema``: seconds of the whole, of matching, and of each model."""
    started, cpu = time.monotonic(), _cpu_seconds(home)
    arguments = WITHOUT if seeds else (*WITHOUT, "--exclude-resource-type", "seed")
    result = dbt.build(cluster, schema, home / "dbt", *arguments)
    if not result.ok:
        raise RuntimeError("; ".join(result.failures))
    results = json.loads((home / "dbt" / "run_results.json").read_text(encoding="utf-8"))
    models = {node["unique_id"].split(".")[-1]: node["execution_time"] for node in results["results"]}
    return {
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(_cpu_seconds(home) - cpu, 1),
        "slowest": {name: round(t, 1) for name, t in sorted(models.items(), key=lambda item: -item[1])[:8]},
    }


def _cpu_seconds(home: Path) -> float:
    """CPU of all children of this process that have ended, and of the server with all its sessions that have."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    postmaster = (embedded.paths(home).data / "postmaster.pid").read_text(encoding="utf-8").split()[0]
    fields = Path(f"/proc/{postmaster}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return ended.ru_utime + ended.ru_stime + sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def grow(sizes: Sequence[int], share: float, new_until: int) -> list[dict[str, Any]]:
    """One row a size: records, first build, second build after ``share`` of the records changed.

    Up to ``new_until`` records also a third build, after as many new ones have come.
    """
    world, found, before = World(), [], 0
    with server() as (cluster, home):
        build(cluster, home, "build_warm", seeds=True)
        dsn = cluster.dsn("owner")
        for size in sizes:
            put(dsn, (world.flow(number) for number in range(before, size)), f"run{size}")
            before = size
            dbt.forget(cluster)
            first = build(cluster, home, "build_first")
            changed = put(dsn, (world.flow(n, 1 + size) for n in range(0, size, round(1 / share))), f"again{size}")
            second = build(cluster, home, "build_second")
            row: dict[str, Any] = {"records": size, "changed": changed, "first": first, "second": second}
            row["ratio"] = _ratio(second, first)
            found.append(row)
            print(json.dumps(row), flush=True)
            if size <= new_until:
                put(dsn, (world.flow(number) for number in range(size, size + round(size * share))), f"new{size}")
                row["third"] = build(cluster, home, "build_third")
                row["ratio_new"] = _ratio(row["third"], first)
                print(json.dumps({"records": size, "ratio_new": row["ratio_new"], "third": row["third"]}), flush=True)
            drop = ", ".join(f"build_{at}{part}" for at in ("first", "second", "third") for part in _PARTS)
            with cluster.engine("transformer").begin() as connection:
                connection.execute(text(f"drop schema if exists {drop} cascade"))
    return found


def _ratio(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    return round(float(one["cpu_seconds"]) / float(other["cpu_seconds"]), 3)


def picture(found: Sequence[Mapping[str, Any]]) -> str:
    """Growth as SVG: records across, CPU seconds up, both by powers of ten."""

    def at(records: float, seconds: float) -> str:
        return f"{60 + (math.log10(records) - 4) * 200:.1f},{260 - math.log10(seconds) * 70:.1f}"

    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 310" font-family="sans-serif" font-size="12">']
    parts.append('<rect width="500" height="310" fill="#fff"/>')
    for power in range(4, 7):
        x = 60 + (power - 4) * 200
        parts.append(
            f'<path d="M{x},20V260" stroke="#ddd"/><text x="{x}" y="280" text-anchor="middle">10^{power}</text>'
        )
    for power in range(4):
        y = 260 - power * 70
        parts.append(
            f'<path d="M60,{y}H460" stroke="#ddd"/><text x="52" y="{y + 4}" text-anchor="end">{10**power}</text>'
        )
    for name, label, colour in _LINES:
        points = [at(row["records"], row[name]["cpu_seconds"]) for row in found if name in row]
        x, y = points[-1].split(",")
        parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        above = {"first": -8, "second": 14, "third": 0}[name]
        parts.append(f'<text x="{x}" y="{float(y) + above:.1f}" fill="{colour}">{label}</text>')
    parts.append('<text x="260" y="300" text-anchor="middle">flow records in raw</text>')
    parts.append('<text x="8" y="14">CPU seconds</text></svg>')
    return "\n".join(parts) + "\n"


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--changed", type=float, default=0.01, help="share of the records that changes between builds")
    parser.add_argument("--new-until", type=int, default=300_000, help="sizes up to which a third build is measured")
    parser.add_argument("--json", type=Path, help=f"also write the figures here, and {PICTURE.name}")
    options = parser.parse_args()
    found = grow(options.sizes, options.changed, options.new_until)
    if options.json:
        measured = {"measured_on": f"{datetime.now(UTC):%Y-%m-%d}", "sizes": found}
        options.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
        PICTURE.write_text(picture(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
