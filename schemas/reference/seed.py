"""Read the hand-written lists, write the seeds, keep both in the shape the seed properties declare.

``dbt_project/seeds/reference/_reference__seeds.yml`` is the one place that names the columns of a seed,
their order and their PostgreSQL types. A builder that returns another column is an error, so the seed,
dbt and the documentation cannot drift apart.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
LISTS = Path(__file__).resolve().parent / "lists"
SEEDS = ROOT / "dbt_project" / "seeds" / "reference"
PROPERTIES = SEEDS / "_reference__seeds.yml"

_LIGATURES = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"}
_NOT_KEPT = re.compile(r"[^a-z0-9]+")

Value = str | int | float | Decimal | bool | None
Row = Mapping[str, Value]


class ReferenceDataError(ValueError):
    """Reference data breaks one of its own rules; the message names the seed, the row and the rule."""


@dataclass(frozen=True)
class SeedSpec:
    """Declared shape of one seed.

    Attributes:
        name: name of the seed, also of its CSV file.
        columns: column names in file order.
        types: PostgreSQL type of each column.
        meta: ``source``, ``licence`` and ``vintage`` of the seed.
    """

    name: str
    columns: tuple[str, ...]
    types: Mapping[str, str]
    meta: Mapping[str, str]


def load_specs(path: Path = PROPERTIES) -> dict[str, SeedSpec]:
    """Declared seeds by name, read from the dbt properties file.

    Raises:
        ReferenceDataError: a column has a type but no description, or the other way round.
    """
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]
    specs: dict[str, SeedSpec] = {}
    for seed in declared:
        columns = tuple(column["name"] for column in seed["columns"])
        types = seed["config"]["column_types"]
        if set(columns) != set(types):
            odd = sorted(set(columns) ^ set(types))
            raise ReferenceDataError(f"{seed['name']}: columns and column_types differ in {odd}")
        specs[seed["name"]] = SeedSpec(seed["name"], columns, types, seed["config"].get("meta", {}))
    return specs


def read_list(name: str, folder: Path = LISTS) -> list[dict[str, str]]:
    """Rows of the hand-written list ``<name>.csv``, empty cells as empty text.

    Raises:
        ReferenceDataError: a row has more or fewer cells than the header.
    """
    rows: list[dict[str, str]] = []
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, strict=True):
            if None in row or None in row.values():
                raise ReferenceDataError(f"{name}.csv, row {len(rows) + 2}: wrong number of cells: {row}")
            rows.append({key: value.strip() for key, value in row.items()})
    return rows


def read_yaml(name: str, folder: Path = LISTS) -> Any:
    """Content of the hand-written list ``<name>.yml``."""
    return yaml.safe_load((folder / f"{name}.yml").read_text(encoding="utf-8"))


def render(spec: SeedSpec, rows: Iterable[Row]) -> str:
    """The seed as CSV text: declared column order, LF line ends, empty cell for None.

    Raises:
        ReferenceDataError: a row carries other columns than declared.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(spec.columns)
    for number, row in enumerate(rows, start=1):
        if set(row) != set(spec.columns):
            odd = sorted(set(row) ^ set(spec.columns))
            raise ReferenceDataError(f"{spec.name}, row {number}: columns differ from the declared: {odd}")
        writer.writerow([_cell(row[column]) for column in spec.columns])
    return buffer.getvalue()


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, Decimal):
        return f"{value:f}"
    return unicodedata.normalize("NFC", str(value))


def normalise(text: str) -> str:
    """Form under which terms are compared: lower case, no accents, letters and digits, single blanks.

    The same result as the dbt macro ``normalise_text``: ligatures opened, compatibility decomposition,
    combining marks dropped, everything else but a-z and 0-9 a blank. ``Étoile-d'Œuf`` → ``etoile d oeuf``.
    """
    for ligature, letters in _LIGATURES.items():
        text = text.replace(ligature, letters)
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    return " ".join(_NOT_KEPT.sub(" ", plain).split())


def require_unique(name: str, rows: Sequence[Row], *key: str) -> None:
    """Refuse two rows with the same key.

    Raises:
        ReferenceDataError: the key occurs twice.
    """
    seen: set[tuple[Value, ...]] = set()
    for row in rows:
        value = tuple(row[column] for column in key)
        if value in seen:
            raise ReferenceDataError(f"{name}: {dict(zip(key, value, strict=True))} occurs twice")
        seen.add(value)
