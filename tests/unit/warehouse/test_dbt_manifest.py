"""The parsed project is read again whenever a file has changed, and never otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import Mock

import pytest
from dbt.contracts.graph.manifest import Manifest

from warehouse import dbt_manifest


def test_a_project_is_parsed_once_for_each_version_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAFORO_PG_DATABASE", "traforo")
    monkeypatch.setenv("TRAFORO_BUILD_SCHEMA", "build_one")
    digest = ["code of today"]
    monkeypatch.setattr(dbt_manifest, "code_digest", lambda: digest[0])
    schemas: list[str] = []

    def parsed() -> Manifest:
        schemas.append(os.environ["TRAFORO_BUILD_SCHEMA"])
        return Manifest()

    parse = Mock(side_effect=parsed)
    dbt_manifest.project(tmp_path, parse)
    dbt_manifest.project(tmp_path, parse)
    assert parse.call_count == 1
    assert os.environ["TRAFORO_BUILD_SCHEMA"] == "build_one"
    assert "build_one" not in schemas
    [today] = tmp_path.iterdir()

    digest[0] = "a list, model or contract has changed"
    dbt_manifest.project(tmp_path, parse)
    assert parse.call_count == 2
    [other] = tmp_path.iterdir()
    assert other != today
