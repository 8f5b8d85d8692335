"""Finds the sources: every folder of ``connectors`` that holds a ``source.yml``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from connectors.core.errors import BadConfig
from connectors.core.source import Connector, Source, Stream, load_source

ROOT = Path(__file__).resolve().parent.parent


def source_ids(root: Path = ROOT) -> list[str]:
    """Ids of all sources, sorted."""
    return sorted(path.parent.name for path in root.glob("*/source.yml"))


def get_source(source_id: str, overlay: Mapping[str, Any] | None = None, root: Path = ROOT) -> Source:
    """The source with the deployment's settings laid over it.

    Raises:
        BadConfig: there is no such source, or its settings are wrong.
    """
    path = root / source_id / "source.yml"
    if source_id not in source_ids(root):
        raise BadConfig(f"no source '{source_id}'; known: {', '.join(source_ids(root))}", rule="unknown_source")
    source = load_source(path, overlay)
    if source.id != source_id:
        raise BadConfig(f"id is '{source.id}' but the folder is '{source_id}'", where=str(path), rule="source_yml")
    return source


def get_connector(source_id: str) -> Connector:
    """The module ``connectors.<source>.connector``, which offers ``fetch`` and ``read``."""
    return cast("Connector", importlib.import_module(f"connectors.{source_id}.connector"))


def get_contract(stream: Stream) -> type[Any]:
    """The Pydantic class that ``stream.contract`` names.

    Raises:
        BadConfig: it cannot be imported.
    """
    module, _, name = stream.contract.partition(":")
    try:
        return cast("type[Any]", getattr(importlib.import_module(module), name))
    except (ImportError, AttributeError) as error:
        raise BadConfig(f"contract '{stream.contract}' cannot be imported: {error}", rule="contract") from error
