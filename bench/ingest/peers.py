"""Other tools bring the same CSV into the same PostgreSQL: ``python -m bench.ingest.peers TOOL FILE``.

Each runs in a process of its own; imports are not counted. None of them validates, hashes or stores jsonb.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.ingest.loading import URL


def _uri() -> str:
    return os.environ[URL].replace("postgresql+psycopg", "postgresql")


def _dicts(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _dlt(path: Path, data: Callable[[], Any], **options: Any) -> Callable[[], None]:
    import dlt

    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
    name = f"dlt_{os.getpid()}"
    pipeline = dlt.pipeline(
        name, pipelines_dir=str(path.parent / name), dataset_name=name,
        destination=dlt.destinations.postgres(_uri()),
    )  # fmt: skip

    def run() -> None:
        info = pipeline.run(data(), table_name="flows_dlt", write_disposition="replace", **options)
        info.raise_on_failed_jobs()

    return run


def dlt_default(path: Path) -> Callable[[], None]:
    """dlt as it comes: dictionaries, INSERT statements."""
    return _dlt(path, lambda: _dicts(path))


def dlt_arrow(path: Path) -> Callable[[], None]:
    """dlt at its fastest: an Arrow table, by ADBC."""
    from pyarrow import csv as arrow

    return _dlt(path, lambda: arrow.read_csv(path), loader_file_format="parquet")


def pandas_to_sql(path: Path) -> Callable[[], None]:
    """pandas as it comes."""
    import pandas
    from sqlalchemy import create_engine

    engine = create_engine(os.environ[URL])
    return lambda: pandas.read_csv(path).to_sql(
        "flows_pandas", engine, schema="peers", if_exists="replace", index=False, chunksize=10_000
    ) and None  # fmt: skip


def polars_adbc(path: Path) -> Callable[[], None]:
    """polars through ADBC: no Python object a cell."""
    import adbc_driver_postgresql.dbapi  # noqa: F401 - loaded by polars otherwise
    import polars

    return lambda: polars.read_csv(path).write_database(
        "peers.flows_polars", _uri(), engine="adbc", if_table_exists="replace"
    ) and None  # fmt: skip


def read_calamine(path: Path) -> Callable[[], None]:
    """Reads a workbook and nothing else."""
    from python_calamine import CalamineWorkbook

    def run() -> None:
        for _row in CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows():
            pass

    return run


def read_fastexcel(path: Path) -> Callable[[], None]:
    """Reads a workbook into Arrow and nothing else."""
    import fastexcel

    return lambda: fastexcel.read_excel(str(path)).load_sheet(0).to_arrow() and None


TOOLS = {
    tool.__name__: tool for tool in (dlt_default, dlt_arrow, pandas_to_sql, polars_adbc, read_calamine, read_fastexcel)
}


def main() -> None:
    """Entry point of the child process."""
    run = TOOLS[sys.argv[1]](Path(sys.argv[2]))
    before, started = time.process_time(), time.perf_counter()
    run()
    seconds, cpu = time.perf_counter() - started, time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"seconds": seconds, "cpu": cpu, "memory_mb": memory}))


if __name__ == "__main__":
    main()
