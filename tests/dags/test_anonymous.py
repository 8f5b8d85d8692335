"""Without a login, every route of the API server says no: Airflow's own, its tasks', and ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DESCRIPTIONS = {
    *(f"GET {app}{page}" for app in ("", "/auth", "/execution") for page in (
        "/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc",
    )),
    "GET /execution/changelog",
}  # fmt: skip
PUBLIC = DESCRIPTIONS | {
    # Whether it lives, and which version it is.
    "GET /api/v2/version", "GET /api/v2/monitor/health", "GET /execution/health", "GET /execution/health/ping",
    # Where one logs in and out, and the frames of the pages, which ask for their data with a token.
    "GET /api/v2/auth/login", "GET /api/v2/auth/logout", "POST /auth/token", "POST /auth/token/cli",
    "GET /auth/{rest_of_path:path}", "GET /{rest_of_path:path}",
    # What is no longer there.
    "GET /health", "GET /api/v1/{_:path}", "GET /api/{_:path}",
}  # fmt: skip
ASK = """
import json, re
from airflow.api_fastapi.app import create_app
from starlette.routing import Mount
from starlette.testclient import TestClient

def operations(routes, prefix=""):
    for route in routes:
        path = prefix + getattr(route, "path", "")
        if isinstance(route, Mount):
            if hasattr(route.app, "routes"):
                yield from operations(route.app.routes, path)
        elif getattr(route, "methods", None):
            yield from ((method, path) for method in sorted(route.methods - {"HEAD"}))

app = create_app()
answers = {}
with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
    for method, path in operations(app.routes):
        url = re.sub(r"{[^}]*}", "1", path)
        answers[f"{method} {path}"] = client.request(method, url, json={}).status_code
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(airflow_home: Path) -> dict[str, int]:
    """Route → status of a request that shows no token."""
    settings = {
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "dags" / "plugins"),
        "AIRFLOW__API_AUTH__JWT_SECRET": os.urandom(32).hex(),
        "PYTHONPATH": str(PROJECT),
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=os.environ | settings, capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, int] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_every_route_refuses_a_stranger(answers: dict[str, int]) -> None:
    let_in = {route: status for route, status in answers.items() if status not in {401, 403}}
    assert sorted(let_in.keys() - PUBLIC) == []


def test_the_routes_that_matter_were_asked(answers: dict[str, int]) -> None:
    asked = {
        "GET /api/v2/dags", "GET /api/v2/connections", "GET /api/v2/variables", "GET /api/v2/eventLogs",
        "GET /api/v2/assets/events", "POST /api/v2/assets/events", "POST /api/v2/dags/{dag_id}/dagRuns",
        "GET /traforo/changes", "GET /traforo/snapshot", "POST /traforo/inbound/{source}",
    }  # fmt: skip
    assert {route: answers.get(route) for route in asked} == dict.fromkeys(asked, 401)
