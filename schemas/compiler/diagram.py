"""One diagram a layer of how the published tables refer to each other (Mermaid, drawn by code forges)."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.canonical.model import Layer, Model, Table
from schemas.compiler.render import NOTICE

PATH = "schemas/generated/diagram.md"
TITLES: dict[Layer, str] = {"core": "Harmonised tables", "bi": "Star for business intelligence"}


def build(model: Model) -> dict[str, str]:
    """A page with both diagrams."""
    lines = [f"<!-- {NOTICE} -->", f"# Tables of {model.name} {model.version}"]
    for layer, title in TITLES.items():
        lines += ["", f"## {title}", "", "```mermaid", "erDiagram", *_relations(model, layer), "```"]
    return {PATH: "\n".join(lines) + "\n"}


def _relations(model: Model, layer: Layer) -> Iterator[str]:
    """Each reference as target, cardinality, source; then the tables without any."""
    tables = model.published(layer)
    linked = set()
    for table in tables:
        for name, column, nullable in _targets(model, table):
            linked |= {table.name, name}
            yield f"  {name} {'|o' if nullable else '||'}--o{{ {table.name} : {column}"
    yield from (f"  {table.name}" for table in tables if table.name not in linked)


def _targets(model: Model, table: Table) -> Iterator[tuple[str, str, bool]]:
    for column in table.columns:
        target = model.target(column)
        if target and target[0].status != "planned":
            yield target[0].name, column.name, column.nullable
