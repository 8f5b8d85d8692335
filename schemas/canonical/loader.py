"""Reading of the model's YAML, strict: every key is known and every text stands in three languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from schemas.canonical.checks import check_model
from schemas.canonical.model import (
    LANGUAGES,
    Code,
    CodeList,
    Column,
    Geometry,
    Layer,
    Model,
    ModelError,
    PersonalData,
    Status,
    Table,
    Text,
)

TYPE = re.compile(r"text|integer|numeric\(\d+,\d+\)|boolean|date|timestamptz|jsonb|text\[\]")
NAME = re.compile(r"[a-z][a-z0-9_]*")
FIXED = ("name", "type", "unit", "code_list")
COLUMN_KEYS = {
    "name",
    "type",
    "label",
    "definition",
    "nullable",
    "unit",
    "code_list",
    "references",
    "personal_data",
    "semantic",
    "pattern",
    "minimum",
    "maximum",
}
TABLE_KEYS = {"name", "status", "label", "definition", "grain", "primary_key", "columns", "geometry", "semantic"}
EMPTY = Text("", "", "")


class Reader:
    """Turns parsed YAML into the model's data and collects every fault with its place."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def fault(self, where: str, message: str) -> None:
        """Remember a fault."""
        self.problems.append(f"{where}: {message}")

    def mapping(self, value: Any, where: str, known: set[str], required: set[str]) -> dict[str, Any]:
        """A mapping with only ``known`` keys and all ``required`` ones; ``{}`` if it is none."""
        if not isinstance(value, Mapping):
            self.fault(where, "expected a mapping")
            return {}
        for key in value.keys() - known:
            self.fault(where, f"unknown key {key!r}")
        for key in sorted(required - value.keys()):
            self.fault(where, f"missing {key!r}")
        return dict(value)

    def text(self, value: Any, where: str) -> Text:
        """A text in the three languages."""
        if not isinstance(value, Mapping):
            self.fault(where, "expected a text in fr, it and en")
            return EMPTY
        for language in LANGUAGES:
            if not isinstance(value.get(language), str) or not value[language].strip():
                self.fault(where, f"missing translation {language!r}")
        for key in value.keys() - set(LANGUAGES):
            self.fault(where, f"unknown language {key!r} (quote a text that holds a comma)")
        return Text(**{language: str(value.get(language) or "") for language in LANGUAGES})

    def name(self, value: Any, where: str) -> str:
        """An identifier in lower-case snake_case."""
        if not isinstance(value, str) or not NAME.fullmatch(value):
            self.fault(where, f"{value!r} is not a lower-case snake_case name")
        return str(value)

    def choice(self, value: Any, where: str, options: Any) -> str:
        """One of the values of a ``Literal``."""
        allowed = get_args(options)
        if value not in allowed:
            self.fault(where, f"{value!r} is not one of {', '.join(allowed)}")
            return str(allowed[0])
        return str(value)

    def column(self, given: Any, where: str, shared: Mapping[str, Any]) -> Column:
        """A column, written out or taken from the shared ones with ``use``."""
        if isinstance(given, Mapping) and "use" in given:
            given = self._shared(dict(given), where, shared)
        data = self.mapping(given, where, COLUMN_KEYS, {"name", "type", "label", "definition"})
        name = self.name(data.get("name"), where)
        where = f"{where.rsplit('[', 1)[0]}.{name}"
        if not TYPE.fullmatch(str(data.get("type"))):
            self.fault(where, f"unknown type {data.get('type')!r}")
        nullable = data.get("nullable", False)
        if not isinstance(nullable, bool):
            self.fault(where, "nullable is true or false")
        return Column(
            name=name,
            type=str(data.get("type")),
            label=self.text(data.get("label"), f"{where} label"),
            definition=self.text(data.get("definition"), f"{where} definition"),
            nullable=bool(nullable),
            personal_data=cast(
                PersonalData, self.choice(data.get("personal_data", "none"), f"{where} personal_data", PersonalData)
            ),
            **{
                key: data.get(key)
                for key in ("unit", "code_list", "references", "semantic", "pattern", "minimum", "maximum")
            },
        )

    def _shared(self, given: dict[str, Any], where: str, shared: Mapping[str, Any]) -> dict[str, Any]:
        name = given.pop("use")
        if name not in shared:
            self.fault(where, f"no shared column {name!r} in columns.yml")
            return {"name": name, "type": "text", "label": None, "definition": None}
        for key in FIXED:
            if key in given:
                self.fault(where, f"{key!r} of the shared column {name!r} may not be replaced")
        return {"name": name, **shared[name], **given}

    def table(self, given: Any, where: str, layer: Layer, shared: Mapping[str, Any]) -> Table:
        """A table with its columns."""
        required = {"name", "status", "label", "definition", "grain", "primary_key", "columns"}
        data = self.mapping(given, where, TABLE_KEYS, required)
        columns = data.get("columns") or []
        geometry = data.get("geometry")
        if geometry is not None:
            geometry = self.mapping(geometry, f"{where} geometry", {"latitude", "longitude"}, {"latitude", "longitude"})
        return Table(
            name=self.name(data.get("name"), where),
            layer=layer,
            status=cast(Status, self.choice(data.get("status"), f"{where} status", Status)),
            label=self.text(data.get("label"), f"{where} label"),
            definition=self.text(data.get("definition"), f"{where} definition"),
            grain=str(data.get("grain") or ""),
            primary_key=tuple(data.get("primary_key") or ()),
            columns=tuple(self.column(column, f"{where}[{i}]", shared) for i, column in enumerate(columns)),
            geometry=Geometry(**geometry) if geometry else None,
            semantic=data.get("semantic"),
        )

    def code_list(self, given: Any, where: str) -> CodeList:
        """A code list with its codes."""
        data = self.mapping(given, where, {"name", "label", "standard", "codes"}, {"name", "label", "codes"})
        return CodeList(
            name=self.name(data.get("name"), where),
            label=self.text(data.get("label"), f"{where} label"),
            codes=tuple(self._code(code, f"{where}[{i}]") for i, code in enumerate(data.get("codes") or [])),
            standard=data.get("standard"),
        )

    def _code(self, given: Any, where: str) -> Code:
        known = {"code", "label", "definition", "standard_code", "uri"}
        data = self.mapping(given, where, known, {"code", "label"})
        if not isinstance(data.get("code"), str):
            self.fault(where, f"code {data.get('code')!r} is not a text (quote it)")
        definition = data.get("definition")
        return Code(
            code=str(data.get("code")),
            label=self.text(data.get("label"), f"{where} label"),
            definition=None if definition is None else self.text(definition, f"{where} definition"),
            standard_code=data.get("standard_code"),
            uri=data.get("uri"),
        )


def read_model(folder: Path) -> Model:
    """The model in ``folder``, checked.

    Raises:
        ModelError: listing every fault.
    """
    reader = Reader()
    head = reader.mapping(
        _yaml(folder / "model.yml"), "model.yml", keys := {"version", "name", "label", "definition"}, keys
    )
    shared = _yaml(folder / "columns.yml")
    tables = [reader.table(data, where, "core", shared) for where, data in _files(folder / "tables")]
    star = [reader.table(data, where, "bi", shared) for where, data in _files(folder / "bi")]
    operations = [reader.table(data, where, "operations", shared) for where, data in _files(folder / "operations")]
    lists = [reader.code_list(data, where) for where, data in _files(folder / "code_lists")]
    model = Model(
        version=str(head.get("version")),
        name=reader.name(head.get("name"), "model.yml"),
        label=reader.text(head.get("label"), "model.yml label"),
        definition=reader.text(head.get("definition"), "model.yml definition"),
        tables={table.name: table for table in tables},
        bi={table.name: table for table in star},
        operations={table.name: table for table in operations},
        code_lists={code_list.name: code_list for code_list in lists},
    )
    problems = reader.problems or check_model(model)
    if problems:
        raise ModelError(problems)
    return model


def _yaml(path: Path) -> Any:
    try:
        with path.open(encoding="utf-8") as handle:
            return yaml.load(handle, Loader=_Loader)  # noqa: S506 - a SafeLoader that also refuses repeated keys
    except FileNotFoundError as error:
        raise ModelError([f"{path.name}: no such file"]) from error
    except yaml.YAMLError as error:
        raise ModelError([f"{path.name}: {error}"]) from error


def _files(folder: Path) -> list[tuple[str, Any]]:
    """Place and content of every YAML file of a folder, by name; a file is called as what it describes."""
    found = []
    for path in sorted(folder.glob("*.yml")):
        data = _yaml(path)
        name = data.get("name") if isinstance(data, Mapping) else None
        if name != path.stem:
            raise ModelError([f"{folder.name}/{path.name}: describes {name!r}; file and name must agree"])
        found.append((f"{folder.name}/{path.stem}", data))
    return found


class _Loader(yaml.CSafeLoader):
    """YAML as data only; a key that stands twice is an error, not a silent overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)
