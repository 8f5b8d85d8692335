"""The embedded PostgreSQL of a bench, the limit measured on it, and processes that load into it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, make_url, text

from bench.ingest.flows import COLUMNS
from bench.ingest.loading import URL
from warehouse import embedded
from warehouse.cluster import connect_cluster
from warehouse.migrate import upgrade

TYPES = {"quantity": "numeric", "latitude": "numeric", "longitude": "numeric", "updated": "date"}


@dataclass(frozen=True)
class Measured:
    """One measurement: wall-clock seconds, CPU seconds of client and server, peak memory of the client in MB."""

    seconds: float
    cpu: float
    memory_mb: float = 0.0


@dataclass
class Database:
    """One server, one folder of files."""

    owner: Engine
    urls: dict[str, str]
    psql: list[str]
    folder: Path

    def load(self, path: Path, what: str = "load") -> Measured:
        """The file into ``raw``, in a process of its own."""
        return self.child("loader", "bench.ingest.loading", what, str(self.folder / "landing"), str(path))

    def child(self, role: str, module: str, *arguments: str) -> Measured:
        """Run a module that prints its seconds, CPU and memory as JSON in its last line."""
        before = self._server_cpu()
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], check=False, capture_output=True, text=True,
            env={**os.environ, URL: self.urls[role]},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{module} {' '.join(arguments)}: {done.stderr[-2000:]}")
        found = json.loads(done.stdout.strip().splitlines()[-1])
        return Measured(found["seconds"], found["cpu"] + self._server_cpu() - before, found["memory_mb"])

    def empty(self) -> None:
        """Start from nothing."""
        with self.owner.begin() as connection:
            connection.execute(text("truncate raw.bench__flows"))
            connection.execute(text("truncate ops.source_state"))
        shutil.rmtree(self.folder / "landing", ignore_errors=True)

    def copy(self, path: Path) -> Measured:
        """``\\copy`` of the CSV into a typed table without index: what PostgreSQL itself takes.

        The table is of the same transaction, as ours is: neither is logged, both are on the disk at the end.
        """
        columns = ", ".join(f"{name} {TYPES.get(name, 'text')}" for name in COLUMNS)
        self._psql("drop table if exists flows_limit")
        before, started = self._server_cpu() + os.times().children_user, time.perf_counter()
        self._psql(
            f"create table flows_limit ({columns})",
            f"\\copy flows_limit from '{path}' with (format csv, header true, freeze)",
        )
        seconds = time.perf_counter() - started
        return Measured(seconds, self._server_cpu() + os.times().children_user - before)

    def _psql(self, *commands: str) -> None:
        """One transaction."""
        address = make_url(self.urls["owner"])
        server = {
            "PGHOST": str(address.host), "PGPORT": str(address.port), "PGUSER": str(address.username),
            "PGPASSWORD": str(address.password), "PGDATABASE": str(address.database),
        }  # fmt: skip
        options = [option for command in commands for option in ("-c", command)]
        subprocess.run([*self.psql, "-1", *options], env={**os.environ, **server}, check=True, capture_output=True)

    def _server_cpu(self) -> float:
        """CPU seconds of the server's processes, those that have ended included; 0 where ``/proc`` has none."""
        [pid_file] = embedded.paths(self.folder).base.rglob("postmaster.pid")
        server = int(pid_file.read_text().split()[0])
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:  # it has ended meanwhile
                continue
            if int(fields[1]) == server:
                ticks += int(fields[11]) + int(fields[12])
            elif stat.parent.name == str(server):
                ticks += sum(map(int, fields[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def started() -> Iterator[Database]:
    """A server that is gone, with its files, at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="traforo-bench-"))
    folder.chmod(0o755)
    try:
        with connect_cluster(folder) as cluster:
            upgrade(cluster, [("bench", "flows", 48)])
            owner = cluster.engine("owner")
            urls = {
                role: cluster.url(role, "psycopg").render_as_string(hide_password=False)
                for role in ("owner", "loader")
            }  # fmt: skip
            psql = [str(embedded.binary(folder, "psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
            with owner.begin() as connection:
                connection.execute(text("create schema if not exists peers"))
            yield Database(owner, urls, psql, folder)
            owner.dispose()
            embedded.stop(folder, mode="immediate")
    finally:
        shutil.rmtree(embedded.paths(folder).base, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
