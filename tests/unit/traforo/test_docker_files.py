"""The files for Docker, read without Docker: known keys, what is referred to is there, no rights to spare."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
# Keys of the Compose specification that these files use; a misspelt one would be refused by `docker compose`.
SERVICE_KEYS = {
    "build", "image", "restart", "read_only", "tmpfs", "cap_drop", "cap_add", "security_opt", "volumes", "secrets",
    "environment", "depends_on", "healthcheck", "entrypoint", "command", "mem_limit", "pids_limit", "ports",
    "network_mode", "init", "stop_grace_period",
}  # fmt: skip


def test_top_level_and_services_use_known_keys() -> None:
    assert {key for key in COMPOSE if not key.startswith("x-")} == {"name", "services", "volumes", "secrets"}
    assert {key for service in SERVICES.values() for key in service} <= SERVICE_KEYS


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_refers_to_is_there(name: str) -> None:
    service = SERVICES[name]
    volumes = [str(volume).split(":")[0] for volume in service.get("volumes", [])]
    assert {volume for volume in volumes if not volume.startswith((".", "/"))} <= set(COMPOSE["volumes"])
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert set(service.get("depends_on", [])) <= set(SERVICES)
    assert service.get("network_mode", "service:airflow").removeprefix("service:") in SERVICES
    if "build" in service:
        assert (ROOT / "docker" / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("name", ["airflow", "proxy"])
def test_a_service_of_ours_has_no_rights_to_spare(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]


def test_only_the_proxy_can_be_reached_and_no_secret_stands_in_the_file() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"airflow"}
    assert SERVICES["airflow"]["ports"] == ["443:443"]
    assert SERVICES["proxy"]["network_mode"] == "service:airflow"
    assert SERVICES["proxy"]["command"][-1] == "127.0.0.1:8080"
    values = [str(value) for service in SERVICES.values() for value in (service.get("environment") or {}).values()]
    assert not [value for value in values if re.search(r"://[^/$]*:[^/$]*@", value)]


def test_the_login_is_for_several_persons_and_its_packages_are_installed() -> None:
    assert SERVICES["airflow"]["environment"]["TRAFORO_AIRFLOW_LOGIN"] == "fab"
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    assert "apache-airflow-providers-fab" in groups["server"]
    assert DOCKERFILE.count("--group server") == DOCKERFILE.count("uv sync") == 2


def test_the_image_runs_as_nobody_in_particular() -> None:
    last = DOCKERFILE.rsplit("\nFROM ", 1)[-1]
    assert re.search(r"^USER traforo$", last, re.M)
    assert "--require-hashes" in DOCKERFILE
