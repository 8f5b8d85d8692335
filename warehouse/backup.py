"""A backup is one file: the database as ``pg_dump`` writes it, the sums of every table, and the landing if wanted.

The sums are taken in the same snapshot as the dump, so a restore can prove that it brought the same rows back.
Passwords and signing secrets are not in it: they are kept beside (``secrets.json``), in other hands.
"""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from warehouse import embedded
from warehouse.cluster import Cluster
from warehouse.ops import git_sha
from warehouse.roles import ensure_databases

FORMAT = 1
_DUMP, _MANIFEST, _LANDING = "warehouse.dump", "manifest.json", "landing"
# Batches on their way are made again from the landing.
_LEFT_OUT = ("stage",)


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes:
        sums: ``schema.table`` → rows and sum of the hashes of its rows, independent of their order.
    """

    format: int
    created_at: str
    git_sha: str | None
    database: str
    landing: bool
    sums: Mapping[str, tuple[int, str]]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(rows for rows, _ in self.sums.values())


def backup(cluster: Cluster, file: Path, landing: Path | None = None) -> Manifest:
    """Write a backup; readers and writers go on meanwhile.

    Args:
        file: written beside and renamed at the end, mode 600.
        landing: folder to take along, so that a replay is possible after a restore.

    Raises:
        RuntimeError: ``pg_dump`` failed.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(file.name + ".part")
    admin = create_engine(cluster.admin_url(cluster.database), isolation_level="REPEATABLE READ")
    with tempfile.TemporaryDirectory(dir=file.parent) as folder, admin.connect() as connection:
        dump = Path(folder) / _DUMP
        snapshot = connection.execute(text("select pg_export_snapshot()")).scalar_one()
        arguments = ["--format=custom", "--compress=6", f"--snapshot={snapshot}", f"--file={dump}"]
        arguments += [f"--exclude-table={schema}.*" for schema in _LEFT_OUT]
        _client(cluster, "pg_dump", *arguments, cluster.database)
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = Manifest(FORMAT, moment, git_sha(), cluster.database, landing is not None, table_sums(connection))
        described = Path(folder) / _MANIFEST
        described.write_text(json.dumps(asdict(manifest), indent=1))
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as archive:
            archive.add(described, _MANIFEST)
            archive.add(dump, _DUMP)
            if landing is not None and landing.is_dir():
                archive.add(landing, _LANDING)
    admin.dispose()
    unfinished.replace(file)
    return manifest


def table_sums(connection: Connection) -> dict[str, tuple[int, str]]:
    """Rows and sum of hashes of every table outside ``stage``; a partitioned table counts as its partitions."""
    connection.execute(text("set local timezone = 'UTC'"))
    names = connection.execute(
        text(
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)' and n.nspname <> all(:left_out)"
            " order by 1, 2"
        ),
        {"left_out": list(_LEFT_OUT)},
    ).all()
    sums = {}
    for schema, table in names:
        row = connection.execute(
            text(f'select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text from "{schema}"."{table}" t')
        ).one()
        sums[f"{schema}.{table}"] = (int(row[0]), str(row[1]))
    return sums


def read_manifest(file: Path) -> Manifest:
    """What a backup file says of itself.

    Raises:
        ValueError: it is not a backup of ours, or of a newer format.
    """
    try:
        with tarfile.open(file) as archive:
            member = archive.extractfile(_MANIFEST)
            data = json.loads(member.read()) if member else {}
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise ValueError(f"{file} is not a backup of the warehouse") from error
    if data.get("format") != FORMAT:
        raise ValueError(f"{file} has format {data.get('format')}; this version reads {FORMAT}")
    sums = {name: (int(rows), str(total)) for name, (rows, total) in data["sums"].items()}
    return Manifest(**{**data, "sums": sums})


def restore(cluster: Cluster, file: Path, landing: Path | None = None) -> Manifest:
    """Replace the warehouse by a backup; the database of before is kept under another name until all is proved.

    Consumers of the change feed notice: what happened after the backup belongs to a history that was lost.

    Args:
        landing: where to unpack the landing, if the backup holds one.

    Raises:
        ValueError: the file is not a backup.
        RuntimeError: somebody is connected, ``pg_restore`` failed, or other rows came back; nothing has changed then.
    """
    manifest = read_manifest(file)
    ensure_databases(cluster)
    aside = f"{cluster.database}_before_{datetime.now(UTC):%Y%m%dt%H%M%S}"
    _refuse_if_used(cluster)
    _admin(cluster, f'alter database "{cluster.database}" rename to "{aside}"')
    try:
        ensure_databases(cluster)
        with tempfile.TemporaryDirectory(dir=file.parent) as folder, tarfile.open(file) as archive:
            archive.extract(_DUMP, folder, filter="data")
            _client(cluster, "pg_restore", "--exit-on-error", f"--dbname={cluster.database}", f"{folder}/{_DUMP}")
        _prove(cluster, manifest)
    except BaseException:
        _admin(cluster, f'drop database if exists "{cluster.database}" with (force)')
        _admin(cluster, f'alter database "{aside}" rename to "{cluster.database}"')
        raise
    _admin(cluster, f'drop database "{aside}" with (force)')
    if landing is not None and manifest.landing:
        _unpack_landing(file, landing)
    return manifest


def _prove(cluster: Cluster, manifest: Manifest) -> None:
    admin = create_engine(cluster.admin_url(cluster.database))
    with admin.begin() as connection:
        found = table_sums(connection)
        wrong = sorted(
            name for name in found.keys() | manifest.sums.keys() if found.get(name) != manifest.sums.get(name)
        )
        if wrong:
            raise RuntimeError(f"other rows came back in {', '.join(wrong[:10])}; the database of before stays")
        if "ops.feed_epoch" in found:
            connection.execute(
                text(
                    "insert into ops.feed_epoch (cluster_id, reason)"
                    " select system_identifier, 'restored from a backup' from pg_control_system()"
                )
            )
    admin.dispose()


def _unpack_landing(file: Path, landing: Path) -> None:
    """Parts that lie there already stay as they are."""
    landing.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file) as archive:
        for member in archive:
            if member.name.startswith(f"{_LANDING}/"):
                member.name = member.name.removeprefix(f"{_LANDING}/")
                if member.islnk():
                    member.linkname = member.linkname.removeprefix(f"{_LANDING}/")
                if not (landing / member.name).exists() or member.isdir():
                    archive.extract(member, landing, filter="data")


def _refuse_if_used(cluster: Cluster) -> None:
    admin = create_engine(cluster.admin_url())
    with admin.connect() as connection:
        users = connection.execute(
            text("select distinct coalesce(application_name, '') from pg_stat_activity where datname = :name"),
            {"name": cluster.database},
        ).scalars()
        names = sorted(str(name) for name in users)
    admin.dispose()
    if names:
        raise RuntimeError(f"the database is in use ({', '.join(names)}); stop everything first: make down")


def _admin(cluster: Cluster, statement: str) -> None:
    admin = create_engine(cluster.admin_url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(statement)
    admin.dispose()


def _client(cluster: Cluster, program: str, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, our arguments
        [
            str(embedded.binary(cluster.home, program)), "--host", cluster.host, "--port", str(cluster.port),
            "--username", cluster.admin_user, "--no-password", *arguments,
        ],
        env={"PGPASSWORD": cluster.admin_password, "PGSSLMODE": cluster.sslmode, "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{program} failed (exit {done.returncode}): {done.stderr.strip()[-800:]}")
