"""Whose data a published table holds and on which terms: from the sources' own descriptions and the reference lists."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, column, select, table

from connectors.core.registry import get_source, source_ids
from schemas.canonical.model import Model
from warehouse.dbt import PROJECT_DIR

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


OWN = Terms("traforo", "Traforo, canonical model", "EUPL-1.2", "Traforo")


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
def _stated() -> dict[str, Any]:
    stated: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "terms.yml").read_text(encoding="utf-8"))
    return stated


@cache
def reference_terms() -> dict[str, tuple[Terms, ...]]:
    """Terms of the reference lists behind each table that no source fills."""
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
        for name, seeds in _stated()["lists"].items()
    }


def release_terms(
    connection: Connection, schema: str, model: Model, present: Collection[str]
) -> dict[str, tuple[Terms, ...]]:
    """Terms of each table: those of the sources that its rows come from, or of its reference lists.

    A table that names neither is computed: it takes the terms of the tables that its keys lead to, for a figure made
    of somebody's rows stays under his terms. What is left is our own.

    Args:
        present: tables of the release.
    """
    found: dict[str, tuple[Terms, ...]] = {}

    def terms_of(name: str) -> tuple[Terms, ...]:
        if name not in found:
            found[name] = ()  # a table that leads back to itself adds nothing
            found[name] = _terms_of(name)
        return found[name]

    def _terms_of(name: str) -> tuple[Terms, ...]:
        spec = model.tables[name]
        if "source_id" in spec.column_names():
            rows = table(name, column("source_id"), schema=schema)
            sources = connection.execute(select(rows.c.source_id).distinct()).scalars().all()
            return tuple(source_terms(str(source)) for source in sorted(sources) if source in source_ids())
        if name in reference_terms():
            return reference_terms()[name]
        parents = {column.references.partition(".")[0] for column in spec.columns if column.references}
        parents |= {_stated()["computed_from"][name]} if name in _stated()["computed_from"] else set()
        inherited = {terms for parent in parents & set(present) for terms in terms_of(parent) if terms != OWN}
        return tuple(sorted(inherited, key=lambda terms: terms.name)) or (OWN,)

    return {name: terms_of(name) for name in sorted(present)}
