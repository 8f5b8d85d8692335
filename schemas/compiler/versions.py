"""The interface as readers see it, frozen at each version, and the rule that a change raises the version.

``schemas/canonical/<v>/released.json`` holds the interface of the last released version. The rule is that of
docs/reference/versioning.md: what can break a reader is MAJOR, what adds is MINOR; texts are not compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from schemas.canonical.model import CANONICAL, Model

Kind = Literal["major", "minor"]
COMPARED = ("type", "unit", "code_list", "references")


@dataclass(frozen=True)
class Change:
    """One difference between two interfaces."""

    kind: Kind
    text: str


def released_path(version: str = "v1") -> Path:
    """Where the interface of the last released version is kept."""
    return CANONICAL / version / "released.json"


def interface(model: Model) -> dict[str, Any]:
    """What readers depend on: keys, columns and codes of the published tables, without texts."""
    return {
        "version": model.version,
        "tables": {
            f"{table.layer}.{table.name}": {
                "grain": table.grain,
                "primary_key": list(table.primary_key),
                "columns": {
                    column.name: {key: getattr(column, key) for key in (*COMPARED, "nullable")}
                    for column in table.columns
                },
            }
            for table in (*model.published("core"), *model.published("bi"), *model.published("operations"))
        },
        "code_lists": {entry.name: list(entry.values()) for entry in model.published_code_lists()},
    }


def freeze(model: Model, path: Path) -> None:
    """Keep the model's interface as that of the last released version."""
    path.write_text(json.dumps(interface(model), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Every difference that counts from one interface to another."""
    found = list(_named("table", old["tables"], new["tables"]))
    for name in old["tables"].keys() & new["tables"].keys():
        found += _table(name, old["tables"][name], new["tables"][name])
    found += _named("code list", old["code_lists"], new["code_lists"])
    for name in old["code_lists"].keys() & new["code_lists"].keys():
        before, after = old["code_lists"][name], new["code_lists"][name]
        found += _named("code", {f"{name}.{code}": 0 for code in before}, {f"{name}.{code}": 0 for code in after})
    return sorted(found, key=lambda change: (change.kind, change.text))


def _named(what: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    yield from (Change("major", f"{what} {name} is gone") for name in old.keys() - new.keys())
    yield from (Change("minor", f"{what} {name} is new") for name in new.keys() - old.keys())


def _table(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for key in ("grain", "primary_key"):
        if old[key] != new[key]:
            yield Change("major", f"{key.replace('_', ' ')} of {name} changed from {old[key]} to {new[key]}")
    columns = {f"{name}.{column}": 0 for column in old["columns"]}
    yield from _named("column", columns, {f"{name}.{column}": 0 for column in new["columns"]})
    for column in old["columns"].keys() & new["columns"].keys():
        before, after = old["columns"][column], new["columns"][column]
        for key in COMPARED:
            if before[key] != after[key]:
                yield Change("major", f"{key} of {name}.{column} changed from {before[key]} to {after[key]}")
        if after["nullable"] and not before["nullable"]:
            yield Change("major", f"{name}.{column} may now be empty")
        elif before["nullable"] and not after["nullable"]:
            yield Change("minor", f"{name}.{column} is now always filled")


def unannounced(model: Model, path: Path) -> list[str]:
    """Changes since the last released version that its number does not announce; [] before any release."""
    if not path.exists():
        return []
    old = json.loads(path.read_text(encoding="utf-8"))
    before, after = _number(old["version"]), _number(model.version)
    allowed: set[Kind] = set()
    if after[:2] > before[:2]:
        allowed.add("minor")
    if after[0] > before[0]:
        allowed.add("major")
    found = [change for change in changes(old, interface(model)) if change.kind not in allowed]
    return [f"{change.kind} change since {old['version']} without a new version: {change.text}" for change in found]


def _number(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch
