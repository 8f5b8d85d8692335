"""A change of the interface needs the version number that announces it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.canonical.model import Model, load_model
from schemas.compiler.versions import Change, changes, freeze, interface, unannounced

EditInterface = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


def _columns(data: dict[str, Any], table: str) -> dict[str, Any]:
    columns: dict[str, Any] = data["tables"][table]["columns"]
    return columns


def _changed(model: Model, edit: EditInterface) -> list[Change]:
    old = interface(model)
    new = copy.deepcopy(old)
    edit(new)
    return changes(old, new)


def test_nothing_changed_is_no_change(model: Model) -> None:
    assert _changed(model, lambda data: None) == []


@pytest.mark.parametrize(
    ("edit", "kind", "text"),
    [
        (lambda d: d["tables"].pop("core.flow"), "major", "table core.flow is gone"),
        (lambda d: _columns(d, "core.flow").pop("months"), "major", "column core.flow.months is gone"),
        (
            lambda d: _columns(d, "core.flow")["month_mask"].update(type="text"),
            "major",
            "type of core.flow.month_mask changed from integer to text",
        ),
        (
            lambda d: _columns(d, "core.flow")["quantity_t_per_year"].update(unit="kg/a"),
            "major",
            "unit of core.flow.quantity_t_per_year changed from t/a to kg/a",
        ),
        (
            lambda d: _columns(d, "core.flow")["organisation_id"].update(nullable=True),
            "major",
            "core.flow.organisation_id may now be empty",
        ),
        (
            lambda d: d["tables"]["core.flow"].update(primary_key=["site_id"]),
            "major",
            "primary key of core.flow changed from ['flow_id'] to ['site_id']",
        ),
        (lambda d: d["code_lists"]["direction"].remove("OFFER"), "major", "code direction.OFFER is gone"),
        (lambda d: d["code_lists"]["direction"].append("BOTH"), "minor", "code direction.BOTH is new"),
        (lambda d: _columns(d, "core.flow").update(colour={}), "minor", "column core.flow.colour is new"),
        (
            lambda d: _columns(d, "core.flow")["site_id"].update(nullable=False),
            "minor",
            "core.flow.site_id is now always filled",
        ),
    ],
)
def test_each_kind_of_change_is_named(model: Model, edit: EditInterface, kind: str, text: str) -> None:
    assert [(change.kind, change.text) for change in _changed(model, edit)] == [(kind, text)]


def _released(model: Model, tmp_path: Path, edit: EditInterface) -> Path:
    """A released interface that differs from the model's by the reverse of what ``edit`` does."""
    path = tmp_path / "released.json"
    freeze(model, path)
    data = json.loads(path.read_text(encoding="utf-8"))
    edit(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_before_the_first_release_anything_may_change(model: Model, tmp_path: Path) -> None:
    assert unannounced(model, tmp_path / "released.json") == []


def test_an_addition_needs_a_minor_version(model: Model, tmp_path: Path) -> None:
    path = _released(model, tmp_path, lambda data: _columns(data, "core.flow").pop("months"))
    assert unannounced(model, path) == [
        f"minor change since {model.version} without a new version: column core.flow.months is new"
    ]
    assert unannounced(replace(model, version="1.99.0"), path) == []


def test_a_removal_needs_a_major_version(model: Model, tmp_path: Path) -> None:
    path = _released(model, tmp_path, lambda data: _columns(data, "core.flow").update(colour={}))
    assert len(unannounced(model, path)) == 1
    assert len(unannounced(replace(model, version="1.99.0"), path)) == 1
    assert unannounced(replace(model, version="2.0.0"), path) == []


def test_the_released_interface_and_its_version_fit_the_model(model: Model) -> None:
    from schemas.compiler.versions import released_path

    assert unannounced(model, released_path()) == []
