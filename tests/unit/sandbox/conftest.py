"""One generated world and one running application for all tests of the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.generate import generate, load
from sandbox.server.app import create_app


@dataclass(frozen=True)
class World:
    folder: Path
    data: dict[str, Any]
    truth: dict[str, Any]

    def defects(self, kind: str, source: str | None = None) -> list[dict[str, Any]]:
        return [d for d in self.truth["defects"] if d["kind"] == kind and source in (None, d["source"])]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("sandbox")
    generate(folder, 11, 1.0)
    return World(folder, load(folder), json.loads((folder / "truth.json").read_text(encoding="utf-8")))


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world.data), base_url="http://127.0.0.1:8765") as client:
        yield client
