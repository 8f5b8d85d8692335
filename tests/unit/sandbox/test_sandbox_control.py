"""What tests and demonstrations do to the running sandbox, and the command itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.server.app import create_app

ROOT = Path(__file__).resolve().parents[3]


def total(client: TestClient) -> int:
    return int(client.get("/actif/api/flux").json()["total"])


def test_days_pass_and_come_back(client, world) -> None:
    first = client.get("/actif/api/flux").content
    assert client.post("/_control/day", json={"day": 3}).status_code == 200
    third = client.get("/actif/api/flux").content
    keys = {row["id_flux"] for row in world.data["actif"]}
    page, served = 1, []
    while len(served) < total(client):
        served += client.get("/actif/api/flux", params={"page": page, "taille": 500}).json()["resultats"]
        page += 1
    later = {row["id_flux"] for row in served}
    assert len(later - keys) == 3
    assert len(keys - later) >= 10
    client.post("/_control/day", json={"day": 1})
    client.post("/_control/day", json={"day": 3})
    assert client.get("/actif/api/flux").content == third != first
    client.post("/_control/day", json={"day": 0})
    assert client.get("/actif/api/flux").content == first


@pytest.mark.parametrize("path", ["/elenco/estratto.xml", "/tl/gogocarto/api/elements.json", "/tl/wordpress/feed"])
def test_a_day_changes_the_validator(client, path: str) -> None:
    etag = client.get(path).headers["etag"]
    client.post("/_control/day", json={"day": 1})
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_days_are_bounded(client) -> None:
    assert client.post("/_control/day", json={"day": -1}).status_code == 400
    assert client.post("/_control/day", json={"day": "two"}).status_code == 400


def test_middle_pages_fail(client) -> None:
    client.post("/_control/fault", json={"source": "tiers_lieux", "kind": "middle500"})
    posts = "/tl/wp-json/wp/v2/posts"
    assert client.get(posts, params={"page": 1, "per_page": 5}).status_code == 200
    assert client.get(posts, params={"page": 2, "per_page": 5}).status_code == 500


def test_bad_synergie_files_come_and_go(world, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    good = next((world.folder / "synergie-inbox").glob("*.xlsx")).read_bytes()
    (inbox / "good.xlsx").write_bytes(good)
    client = TestClient(create_app(world.data, {"inbox": str(inbox)}))
    sizes = {}
    for kind in ("truncate", "empty", "html"):
        assert client.post("/_control/fault", json={"source": "synergie", "kind": kind}).status_code == 200
        (bad,) = [p for p in inbox.iterdir() if p.name != "good.xlsx"]
        sizes[kind] = bad.stat().st_size
    assert sizes["truncate"] == len(good) // 2
    assert sizes["empty"] == 0
    client.delete("/_control/fault")
    assert [p.name for p in inbox.iterdir()] == ["good.xlsx"]


def test_the_command_serves_until_sigterm(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sandbox", "serve", "--dir", str(tmp_path), "--port", str(port), "--scale", "0.1"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"sandbox ready on http://127.0.0.1:{port}\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/actif/api/flux") as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    finally:
        if process.poll() is None:
            process.kill()
    for name in ("truth.json", "traforo.yml", "manifest.json"):
        assert (tmp_path / name).is_file()
