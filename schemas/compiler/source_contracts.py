"""JSON Schema of what each source sends, from the Pydantic contracts in ``schemas/sources``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

from schemas import sources
from schemas.canonical.model import Model
from schemas.compiler.json_schema import schema_text
from schemas.sources.base import SourceRecord

FOLDER = "schemas/generated/sources"


def build(_: Model) -> dict[str, str]:
    """One schema file a contract, ``<source>__<contract in lower case>.json``."""
    return {f"{FOLDER}/{name}.json": schema_text(contract_schema(contract)) for name, contract in contracts().items()}


def contracts() -> dict[str, type[SourceRecord]]:
    """``<source>__<contract in lower case>`` → the record class."""
    return {
        f"{info.name}__{contract.__name__.lower()}": contract
        for info in sorted(pkgutil.iter_modules(sources.__path__), key=lambda module: module.name)
        for contract in _contracts(importlib.import_module(f"schemas.sources.{info.name}"))
    }


def _contracts(module: ModuleType) -> list[type[SourceRecord]]:
    """The record classes that a module defines itself, by name."""
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, SourceRecord) and member is not SourceRecord and member.__module__ == module.__name__
    ]
    return sorted(found, key=lambda contract: contract.__name__)


def contract_schema(contract: type[SourceRecord]) -> dict[str, Any]:
    """The schema of one record as ``raw.<source>__<stream>.payload`` holds it (numbers as text)."""
    schema = contract.model_json_schema(mode="serialization")
    ignored = sorted(contract.IGNORED)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:traforo:source:{contract.__module__.rsplit('.', 1)[-1]}:{contract.__name__.lower()}",
        **schema,
        **({"x-ignored-fields": ignored} if ignored else {}),
    }
