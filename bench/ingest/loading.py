"""One load in a process of its own: ``python -m bench.ingest.loading load|unchanged LANDING FILE``.

Prints seconds (from landed bytes to rows of ``raw``; imports not counted), its own CPU seconds and its peak memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, create_engine

from bench.ingest.flows import Flow
from connectors.core import formats
from connectors.core.blocks import UnreadBlock
from connectors.core.landing import Landed, land, read_landed
from connectors.core.source import LandedPart, Part, RawRecord, Source, Stream
from warehouse import ops
from warehouse.load import contract_digest, stage
from warehouse.merge import merge

URL = "TRAFORO_BENCH_URL"
TEXT = {"fr": "essai", "it": "prova", "en": "bench"}
STREAM = Stream.model_validate({"name": "flows", "title": TEXT, "contract": "schemas.sources.base:SourceRecord"})
SOURCE = Source.model_validate(
    {
        "id": "bench", "title": TEXT, "description": TEXT, "publisher": "nobody (synthetic)", "country": "EU",
        "language": "en", "licence": {"name": "none", "attribution": "none", "redistributable": False},
        "cadence": "0 3 * * *", "stale_after_hours": 48, "streams": [STREAM],
    }
)  # fmt: skip


class Reader:
    """Stands for a connector: the project's format readers, nothing interpreted."""

    @staticmethod
    def read(_source: Source, _stream: Stream, part: LandedPart) -> Iterator[RawRecord | UnreadBlock]:
        """Records of the file by its extension."""
        suffix = part.path.suffix
        if suffix == ".csv":
            for rows in formats.read_csv_blocks(part.path):
                yield rows.unread(_of_row, by_column=True)
        elif suffix == ".ndjson":
            for lines in formats.read_json_blocks(part.path):
                yield lines.unread(_of_line, by_column=True)
        elif suffix == ".json":
            for number, item in formats.read_json_items(part.path, "items.item"):
                yield RawRecord(f"item {number}", item)
        elif suffix == ".xml":
            for number, element in enumerate(formats.iter_xml(part.path, "flow"), 1):
                yield RawRecord(f"flow {number}", {child.tag: child.text for child in element})
        else:
            for sheet in formats.read_xlsx(part.path):
                yield from _of_sheet(sheet)


def _of_sheet(sheet: formats.Sheet) -> Iterator[UnreadBlock]:
    names: list[str] = []

    def record(row: formats.Row) -> RawRecord:
        values = {name: cell.value for name, cell in zip(names, row.cells, strict=False)}
        return RawRecord(f"row {row.number}", values)

    for block in sheet.blocks:
        if names:
            yield block.unread(names, record)
            continue
        names += [str(cell.value) for cell in block.row(0).cells]
        yield block.rest(1).unread(names, record)


def _of_row(row: formats.CsvRow) -> RawRecord:
    return RawRecord(f"row {row.number}", row.data)


def _of_line(number: int, value: Any) -> RawRecord:
    return RawRecord(f"line {number}", value)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk


def _land(engine: Engine, landing: Path, path: Path, before: str | None = None) -> tuple[str, Landed]:
    run_id = ops.start_run(engine, "ingest", "bench", {})
    part = Part(f"flows{path.suffix}", _chunks(path), "", path.name)
    previous = read_landed(Path(before)) if before else None
    return run_id, land(landing, "bench", "flows", run_id, [part], {}, previous)


def load(engine: Engine, landing: Path, path: Path) -> float:
    """Seconds from landed bytes to rows of ``raw``."""
    run_id, landed = _land(engine, landing, path)
    with engine.begin() as connection:
        ops.record_landed(connection, run_id, landed, "landed")
    started = time.perf_counter()
    stage(engine, SOURCE, STREAM, run_id, landed)
    merge(engine, SOURCE, run_id, {"flows": landed})
    return time.perf_counter() - started


def unchanged(engine: Engine, landing: Path, path: Path) -> float:
    """Seconds from a source's answer, the same as last time, to knowing that there is nothing to do."""
    state = ops.get_state(engine, "bench", "flows")
    started = time.perf_counter()
    run_id, landed = _land(engine, landing, path, state.landed_path)
    same = landed.digest == state.content_digest and contract_digest("bench", STREAM) == state.contract_digest
    with engine.begin() as connection:
        ops.record_landed(connection, run_id, landed, "unchanged" if same else "landed")
        ops.finish_run(connection, run_id, "unchanged")
    if not same:
        raise RuntimeError("the file is not the one that was loaded last")
    return time.perf_counter() - started


def main() -> None:
    """Entry point of the child process."""
    what, landing, path = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    engine = create_engine(os.environ[URL])
    with engine.connect():  # the connection is not what is measured
        pass
    before = time.process_time()
    with (
        patch("warehouse.load.get_connector", lambda _id: Reader),
        patch("warehouse.load.get_contract", lambda _stream: Flow),
    ):
        seconds = {"load": load, "unchanged": unchanged}[what](engine, landing, path)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"seconds": seconds, "cpu": time.process_time() - before, "memory_mb": memory}))


if __name__ == "__main__":
    main()
