"""Airflow's configuration: environment variables only, secrets from the installation's own store."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from warehouse.secrets import secret

if TYPE_CHECKING:
    from traforo.settings import Settings

REPOSITORY = Path(__file__).resolve().parent.parent
USER = "admin"
PARALLELISM = 4
_LOGINS = {
    "simple": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    "fab": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
}


@dataclass(frozen=True)
class AirflowHome:
    """Where one installation's Airflow keeps its files: ``<home>/airflow``."""

    folder: Path

    @property
    def logs(self) -> Path:
        """Logs of tasks, and of each component in ``components/``."""
        return self.folder / "logs"

    @property
    def component_logs(self) -> Path:
        """One file a component."""
        return self.logs / "components"

    @property
    def passwords(self) -> Path:
        """Password of the web login, mode 600."""
        return self.folder / "passwords.json"

    @property
    def state(self) -> Path:
        """What the supervisor wrote about itself."""
        return self.folder / "stack.json"

    @property
    def lock(self) -> Path:
        """Held while a stack runs."""
        return self.folder / "stack.lock"

    @property
    def port(self) -> Path:
        """Port of the API server, kept from start to start where it is free."""
        return self.folder / "port"

    @property
    def migrated(self) -> Path:
        """Airflow version and database revision after the last migration."""
        return self.folder / "migrated.json"


def airflow_home(settings: Settings) -> AirflowHome:
    """The Airflow folder of this installation; nothing is created."""
    return AirflowHome(settings.home.resolve() / "airflow")


def prepare(settings: Settings) -> AirflowHome:
    """Create folders, the login's password file and an ``airflow.cfg`` that only says where to look."""
    home = airflow_home(settings)
    for folder in (home.folder, home.logs, home.component_logs, home.folder / "plugins"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = home.folder / "airflow.cfg"
    if not config.exists():  # Airflow would write 120 kB of defaults with secrets of its own
        config.write_text("# Every option is set by environment variables; see traforo/stack_airflow.py\n")
    descriptor = os.open(home.passwords, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump({USER: password(settings)}, stream)
    return home


def password(settings: Settings) -> str:
    """Password of the web login, generated on the first start."""
    return secret(settings.home, "airflow_login")


def login() -> str:
    """Airflow's login: ``simple``, one person on one machine, or ``fab``, several with roles (uv group ``server``).

    Raises:
        ValueError: ``TRAFORO_AIRFLOW_LOGIN`` names neither.
    """
    wanted = os.environ.get("TRAFORO_AIRFLOW_LOGIN") or "simple"
    if wanted not in _LOGINS:
        raise ValueError(f"TRAFORO_AIRFLOW_LOGIN is one of {', '.join(_LOGINS)}, not '{wanted}'")
    return wanted


def free_port(home: AirflowHome) -> int:
    """The port used last if it is free, else any free port of the loopback interface."""
    kept = int(home.port.read_text()) if home.port.exists() else 8080
    for candidate in (kept, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            port = int(probe.getsockname()[1])
            home.port.write_text(str(port))
            return port
    raise RuntimeError("no free port on 127.0.0.1")


def database_urls(dsn: str) -> tuple[str, str]:
    """SQLAlchemy URLs of the metadata database for psycopg2 and asyncpg, from a libpq URL.

    asyncpg knows ``ssl`` where libpq says ``sslmode``.
    """
    parts = urlsplit(dsn)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    mode = query.pop("sslmode", None)
    sync = urlencode({**query, "sslmode": mode} if mode else query)
    async_ = urlencode({**query, "ssl": mode} if mode else query)
    return (
        urlunsplit(parts._replace(scheme="postgresql+psycopg2", query=sync)),
        urlunsplit(parts._replace(scheme="postgresql+asyncpg", query=async_)),
    )


def environment(settings: Settings, dsn: str, port: int) -> dict[str, str]:
    """The environment of every Airflow process.

    Args:
        settings: the installation.
        dsn: libpq URL of Airflow's metadata database.
        port: loopback port of the API server.
    """
    home, url = airflow_home(settings), f"http://127.0.0.1:{port}"
    sync_url, async_url = database_urls(dsn)
    options: dict[str, dict[str, object]] = {
        "core": {
            "executor": "LocalExecutor",
            "parallelism": PARALLELISM,
            "max_active_tasks_per_dag": PARALLELISM,
            "dags_folder": REPOSITORY / "dags",
            "plugins_folder": REPOSITORY / "dags" / "plugins",
            "load_examples": False,
            "dags_are_paused_at_creation": False,
            "default_timezone": "utc",
            "hostname_callable": "socket.gethostname",  # the default asks a name server
            "fernet_key": _fernet_key(settings),
            "auth_manager": _LOGINS[login()],
            "simple_auth_manager_users": f"{USER}:admin",
            "simple_auth_manager_passwords_file": home.passwords,
            "execution_api_server_url": f"{url}/execution/",
            "min_serialized_dag_update_interval": 5,
        },
        "database": {
            "sql_alchemy_conn": sync_url,
            "sql_alchemy_conn_async": async_url,
            "sql_alchemy_pool_size": 3,
            "sql_alchemy_max_overflow": 7,
        },
        "api": {
            "host": "127.0.0.1",
            "port": port,
            "base_url": os.environ.get("TRAFORO_AIRFLOW_URL") or url,  # as people behind a proxy see it
            "workers": 1,
            "secret_key": secret(settings.home, "airflow_api_key"),
            "expose_config": False,
        },
        "api_auth": {"jwt_secret": secret(settings.home, "airflow_jwt_key")},
        "dag_processor": {
            "parsing_processes": 1,
            "refresh_interval": 30,
            "bundle_refresh_check_interval": 2,
            "min_file_process_interval": 120,
            "stale_dag_threshold": 300,
            "print_stats_interval": 600,
        },
        "scheduler": {
            "scheduler_idle_sleep_time": 0.5,
            "orphaned_tasks_check_interval": 20,
            "task_instance_heartbeat_timeout": 120,
        },
        "triggerer": {"capacity": 50},
        "logging": {
            "base_log_folder": home.logs,
            "dag_processor_child_process_log_directory": home.logs / "dag_processor",
            "colored_console_log": False,
        },
    }
    flat = {
        f"AIRFLOW__{section.upper()}__{name.upper()}": str(value)
        for section, values in options.items()
        for name, value in values.items()
    }
    # Of Airflow's own variables only the connections of alerts (dags/notifiers.py) are taken over.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AIRFLOW") or name.startswith("AIRFLOW_CONN_TRAFORO_")
    }
    return {**inherited, **flat, **_project_environment(settings), "AIRFLOW_HOME": str(home.folder)}


def _project_environment(settings: Settings) -> dict[str, str]:
    loopback = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1,localhost")))
    values = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": os.pathsep.join(
            filter(None, (os.environ.get("PYTHONPATH"), str(REPOSITORY)))
        ),  # `dags` is importable by the triggerer, and `publish` is ours before `dags/publish.py`
        "PYTHONUNBUFFERED": "1",
        "TRAFORO_HOME": str(settings.home.resolve()),
        "SPT_NOENV": "1",  # Airflow's process titles would overwrite the environment that the stack is found by
        "NO_PROXY": loopback,
        "no_proxy": loopback,
        "DO_NOT_TRACK": "1",
        "SCARF_ANALYTICS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }
    if settings.config is not None:
        values["TRAFORO_CONFIG"] = str(Path(settings.config).resolve())
    if settings.database_url:
        values["TRAFORO_DATABASE_URL"] = settings.database_url
    return values


def _fernet_key(settings: Settings) -> str:
    digest = hashlib.sha256(secret(settings.home, "airflow_fernet").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()


def component_commands() -> dict[str, list[str]]:
    """Command of each component. Log servers are off: the API server reads the same disk."""
    airflow = [sys.executable, "-m", "airflow"]
    return {
        "api-server": [*airflow, "api-server"],
        "dag-processor": [*airflow, "dag-processor"],
        "scheduler": [*airflow, "scheduler", "--skip-serve-logs"],
        "triggerer": [*airflow, "triggerer", "--skip-serve-logs"],
    }
