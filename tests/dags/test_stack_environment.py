"""How Airflow is configured: loopback only, secrets kept, the deployment's settings handed on."""

from __future__ import annotations

import base64
import json
import socket
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from traforo import stack_airflow
from traforo.settings import Settings

DSN = "postgresql://airflow:p%40ss@db.example:5433/meta?sslmode=require"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", config=tmp_path / "traforo.yml", database_url="postgresql://u@h/d")


def test_each_driver_gets_the_url_it_understands() -> None:
    sync, asynchronous = stack_airflow.database_urls(DSN)
    assert sync == "postgresql+psycopg2://airflow:p%40ss@db.example:5433/meta?sslmode=require"
    assert asynchronous == "postgresql+asyncpg://airflow:p%40ss@db.example:5433/meta?ssl=require"
    assert stack_airflow.database_urls("postgresql://a@h/d") == (
        "postgresql+psycopg2://a@h/d",
        "postgresql+asyncpg://a@h/d",
    )


def test_airflow_listens_on_loopback_and_runs_few_processes(settings: Settings) -> None:
    found = stack_airflow.environment(settings, DSN, 1234)
    assert found["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert found["AIRFLOW__API__PORT"] == "1234"
    assert found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:1234/execution/"
    assert found["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert (found["AIRFLOW__CORE__PARALLELISM"], found["AIRFLOW__API__WORKERS"]) == ("4", "1")
    assert found["AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES"] == "1"
    assert found["TRAFORO_HOME"] == str(settings.home)
    assert found["TRAFORO_CONFIG"] == str(settings.config)
    assert found["TRAFORO_DATABASE_URL"] == settings.database_url
    commands = stack_airflow.component_commands()
    assert set(commands) == {"api-server", "scheduler", "dag-processor", "triggerer"}
    assert all("--skip-serve-logs" in commands[name] for name in ("scheduler", "triggerer"))


def test_a_stray_airflow_setting_of_the_shell_does_not_leak_in(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "True")
    monkeypatch.setenv("AIRFLOW__SMTP__SMTP_HOST", "mail.example")
    found = stack_airflow.environment(settings, DSN, 1234)
    assert found["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert "AIRFLOW__SMTP__SMTP_HOST" not in found


def test_secrets_are_strong_stable_and_only_ours_to_read(settings: Settings) -> None:
    home = stack_airflow.prepare(settings)
    first, second = (stack_airflow.environment(settings, DSN, 1) for _ in range(2))
    names = ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET")
    assert {name: first[name] for name in names} == {name: second[name] for name in names}
    assert len({first[name] for name in names}) == 3
    assert len(base64.urlsafe_b64decode(first["AIRFLOW__CORE__FERNET_KEY"])) == 32
    assert json.loads(home.passwords.read_text()) == {"admin": stack_airflow.password(settings)}
    assert len(stack_airflow.password(settings)) >= 24
    assert stat.S_IMODE(home.passwords.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
    assert "secret" not in (home.folder / "airflow.cfg").read_text()


def test_the_port_is_kept_unless_somebody_else_took_it(settings: Settings) -> None:
    home = stack_airflow.prepare(settings)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        home.port.write_text(str(other.getsockname()[1]))
        port = stack_airflow.free_port(home)
        assert port != other.getsockname()[1]
    assert stack_airflow.free_port(home) == port


def test_the_login_is_simple_unless_several_persons_are_asked_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRAFORO_AIRFLOW_LOGIN", raising=False)
    assert stack_airflow.environment(settings, DSN, 1)["AIRFLOW__CORE__AUTH_MANAGER"].endswith("SimpleAuthManager")
    monkeypatch.setenv("TRAFORO_AIRFLOW_LOGIN", "fab")
    monkeypatch.setenv("TRAFORO_AIRFLOW_URL", "https://traforo.example")
    found = stack_airflow.environment(settings, DSN, 1)
    assert found["AIRFLOW__CORE__AUTH_MANAGER"].endswith("FabAuthManager")
    assert found["AIRFLOW__API__BASE_URL"] == "https://traforo.example"
    assert found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:1/execution/"
    monkeypatch.setenv("TRAFORO_AIRFLOW_LOGIN", "none")
    with pytest.raises(ValueError, match="simple, fab"):
        stack_airflow.environment(settings, DSN, 1)


def test_connections_of_alerts_reach_airflow(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TRAFORO_ALERT_WEBHOOK", "https://chat.example/x")
    monkeypatch.setenv("AIRFLOW_CONN_ELSEWHERE", "https://elsewhere.example")
    found = stack_airflow.environment(settings, DSN, 1)
    assert found["AIRFLOW_CONN_TRAFORO_ALERT_WEBHOOK"] == "https://chat.example/x"
    assert "AIRFLOW_CONN_ELSEWHERE" not in found


class FakeSecurity:
    """FAB's security manager, as much of it as preparing a login needs."""

    def __init__(self) -> None:
        self.users: dict[str, str] = {}
        self.roles: dict[str, set[tuple[str, str]]] = {"Admin": set()}

    def find_role(self, name: str) -> str | None:
        return name if name in self.roles else None

    def add_role(self, name: str) -> str:
        self.roles[name] = set()
        return name

    def create_permission(self, action: str, resource: str) -> tuple[str, str]:
        return action, resource

    def add_permission_to_role(self, role: str, permission: tuple[str, str]) -> None:
        self.roles[role].add(permission)

    def find_user(self, username: str) -> SimpleNamespace | None:
        return SimpleNamespace(id=username) if username in self.users else None

    def add_user(self, name: str, _first: str, _last: str, _mail: str, role: str, password: str) -> bool:
        assert role == "Admin"
        self.users[name] = password
        return True

    def reset_password(self, name: str, password: str) -> None:
        self.users[name] = password


def test_the_sender_of_events_may_announce_and_nothing_else() -> None:
    from dags.login import SENDER_MAY, prepare

    security = FakeSecurity()
    prepare(security, "admin", "one")
    prepare(security, "admin", "two")
    assert security.users == {"admin": "two"}
    assert security.roles == {"Admin": set(), "Event sender": set(SENDER_MAY)}
    assert {resource for _, resource in SENDER_MAY} == {"Assets", "Asset Aliases"}
    assert [action for action, _ in SENDER_MAY if action != "can_read"] == ["can_create"]
