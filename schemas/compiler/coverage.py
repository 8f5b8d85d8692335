"""``docs/reference/coverage.md``: where the fields of every source go, why some go nowhere, and how well it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from schemas.canonical.model import Model, ModelError
from schemas.compiler.render import NOTICE
from schemas.compiler.source_contracts import contracts

PATH = "docs/reference/coverage.md"
COVERAGE = Path(__file__).resolve().parents[1] / "sources" / "coverage.yml"
RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results"
TITLES = {
    "actif": "ACTIF",
    "elenco_sottoprodotti": "Elenco Sottoprodotti",
    "synergie": "Synergie-CTE",
    "tiers_lieux": "Tiers-Lieux",
}


@dataclass(frozen=True)
class Field:
    """Fate of one field of a contract.

    Attributes:
        kind: ``mapped`` reaches published columns, ``helps`` decides something, ``ignored`` goes nowhere.
        columns: published columns as ``table.column``.
        why: reason of the two other kinds.
    """

    name: str
    kind: str
    columns: tuple[str, ...] = ()
    why: str = ""


def load(path: Path = COVERAGE) -> dict[str, list[Field]]:
    """Contract as ``<source>__<contract>`` → its fields."""
    data: Mapping[str, Mapping[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        contract: [
            Field(name, "mapped", tuple(entry.split()))
            if isinstance(entry, str)
            else Field(name, *next((kind, (), why) for kind, why in entry.items()))
            for name, entry in fields.items()
        ]
        for contract, fields in data.items()
    }


def problems(model: Model, coverage: Mapping[str, list[Field]]) -> Iterator[str]:
    """Fields that are missing or unknown, and columns that are not published."""
    published = {
        f"{table.name}.{column.name}"
        for layer in ("core", "bi")
        for table in model.published(layer)
        for column in table.columns
    }
    known = contracts()
    for contract, fields in coverage.items():
        names, given = set(known[contract].model_fields), {field.name for field in fields}
        yield from (f"coverage.yml: {contract}.{name} is missing" for name in sorted(names - given))
        yield from (f"coverage.yml: {contract}.{name} is not in the contract" for name in sorted(given - names))
        for field in fields:
            for column in sorted(set(field.columns) - published):
                yield f"coverage.yml: {contract}.{field.name} goes to {column}, which is not published"
            if field.kind not in ("mapped", "helps", "ignored") or not (field.columns or field.why):
                yield f"coverage.yml: {contract}.{field.name} says neither where it goes nor why not"


def build(model: Model) -> dict[str, str]:
    """The page.

    Raises:
        ModelError: the table of fields does not fit the contracts or the model.
    """
    coverage = load()
    if found := list(problems(model, coverage)):
        raise ModelError(found)
    lines = [
        f"<!-- {NOTICE.replace('schemas/canonical', 'schemas/sources/coverage.yml and bench/results')} -->",
        "# Coverage of the sources",
        "",
        "Where every field of every source goes. How it gets there: [harmonisation](../explanation/harmonisation.md).",
        "",
        *_summary(coverage),
        "",
        *_accuracy(RESULTS / "evaluate.json"),
        "",
        *_growth(RESULTS / "harmonise.json"),
    ]
    for contract in sorted(coverage):
        lines += ["", *_fields(contract, coverage[contract])]
    return {PATH: "\n".join(lines) + "\n"}


def _summary(coverage: Mapping[str, list[Field]]) -> Iterator[str]:
    yield "| source | record | fields | published | decide something | ignored |"
    yield "|---|---|---:|---:|---:|---:|"
    for contract in sorted(coverage):
        source, _, record = contract.partition("__")
        kinds = [field.kind for field in coverage[contract]]
        counts = " | ".join(str(kinds.count(kind)) for kind in ("mapped", "helps", "ignored"))
        yield f"| {TITLES.get(source, source)} | [{record}](#{contract}) | {len(kinds)} | {counts} |"


def _fields(contract: str, fields: list[Field]) -> Iterator[str]:
    source, _, record = contract.partition("__")
    yield from (f'<a id="{contract}"></a>', "", f"## {TITLES.get(source, source)}: {record}", "")
    yield from ("| field | goes to | |", "|---|---|---|")
    for field in fields:
        where = ", ".join(f"`{column}`" for column in field.columns) or "–"
        why = f"{field.kind}: {field.why}" if field.why else ""
        yield f"| `{field.name}` | {where} | {why} |"


def _accuracy(path: Path) -> Iterator[str]:
    """Figures of the last ``bench/evaluate.py --json``, seeds side by side."""
    measured: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    worlds: Mapping[str, Mapping[str, Any]] = measured["seeds"]
    yield "## How well it is done"
    yield ""
    yield (
        f"Precision and recall against the hidden truth of the sandbox, measured on {measured['measured_on']} by"
        f" `make evaluate` (scale {measured['scale']:g}). A bar in brackets fails the command when it is missed."
    )
    yield ""
    yield "| question |" + "".join(f" precision, seed {seed} | recall, seed {seed} |" for seed in worlds) + " bar |"
    yield "|---|" + "---:|---:|" * len(worlds) + "---|"
    for name, first in next(iter(worlds.values())).items():
        cells = "".join(f" {world[name]['precision']:.4f} | {world[name]['recall']:.4f} |" for world in worlds.values())
        bars = ", ".join(
            f"{what} ≥ {first[key]:g}" for what, key in (("P", "precision_bar"), ("R", "recall_bar")) if first[key]
        )
        yield f"| {name} |{cells} {f'({bars})' if bars else ''} |"


def _growth(path: Path) -> Iterator[str]:
    """Figures of the last ``bench/harmonise.py --json``, a size a row."""
    measured: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    yield "## What a build costs"
    yield ""
    yield (
        f"CPU seconds of a whole build, without audit and files, measured on {measured['measured_on']} by"
        " `make bench-harmonise`; shares are of the first build of the same size. What they mean:"
        " [benchmarks](../../bench/README.md#harmonise)."
    )
    yield ""
    yield "| flow records | first build | after 1 % changed | share | after 1 % new, of new companies | share |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for row in measured["sizes"]:
        first, second = (row[name]["cpu_seconds"] for name in ("first", "second"))
        new = f"{row['third']['cpu_seconds']} | {row['ratio_new']:.2f}" if "third" in row else " | "
        yield f"| {row['records']:,} | {first} | {second} | {row['ratio']:.2f} | {new} |"
    yield ""
    yield "![CPU seconds over records](../../bench/pictures/harmonise.svg)"
