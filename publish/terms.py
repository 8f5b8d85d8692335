"""Whose data a published table holds and on which terms: from the sources' own descriptions and the reference lists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, column, select, table

from connectors.core.registry import get_source, source_ids
from schemas.canonical.model import Table
from warehouse.dbt import PROJECT_DIR

OWN_LICENCE = "EUPL-1.2"
_SEEDS = PROJECT_DIR / "seeds" / "reference" / "_reference__seeds.yml"


@dataclass(frozen=True)
class Terms:
    """Terms of reuse of the rows that one origin brings.

    Attributes:
        name: identifier, letters, digits, ``. _ -``.
        title: whose data.
        licence: in the words of its owner.
        attribution: what must be named when the rows are used.
        url: page of the owner.
        redistributable: the rows may leave the project.
    """

    name: str
    title: str
    licence: str
    attribution: str
    url: str | None = None
    redistributable: bool = True


@cache
def source_terms(source_id: str) -> Terms:
    """Terms that a source's ``source.yml`` states."""
    source = get_source(source_id)
    return Terms(
        source_id,
        source.title.en,
        source.licence.name,
        source.licence.attribution,
        source.licence.url,
        source.licence.redistributable,
    )


@cache
def reference_terms() -> dict[str, tuple[Terms, ...]]:
    """Terms of the reference lists behind each table that no source fills."""
    behind: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "terms.yml").read_text(encoding="utf-8"))
    described: dict[str, Any] = {
        seed["name"]: seed["config"]["meta"]
        for seed in yaml.safe_load(_SEEDS.read_text(encoding="utf-8"))["seeds"]
        if "meta" in seed.get("config", {})
    }
    return {
        name: tuple(
            Terms(seed, f"Reference list {seed}", described[seed]["licence"], described[seed]["source"])
            for seed in seeds
        )
        for name, seeds in behind.items()
    }


def table_terms(connection: Connection, schema: str, spec: Table) -> tuple[Terms, ...]:
    """Terms of a table: those of the sources that its rows come from, else of its reference lists, else our own."""
    if "source_id" in spec.column_names():
        rows = table(spec.name, column("source_id"), schema=schema)
        present = connection.execute(select(rows.c.source_id).distinct().order_by(rows.c.source_id)).scalars().all()
        return tuple(source_terms(str(name)) for name in present if name in source_ids())
    return reference_terms().get(spec.name, (Terms("traforo", "Traforo, canonical model", OWN_LICENCE, "Traforo"),))
