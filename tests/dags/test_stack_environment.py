"""How Airflow is configured: loopback only, secrets kept, the deployment's settings handed on."""

from __future__ import annotations

import base64
import json
import socket
import stat
from pathlib import Path

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
