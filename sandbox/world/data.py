"""The real things the world is made of: communes, activity codes, materials. Facts only, no firms."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).resolve().parent.parent / "data"
AREAS = ("73", "74", "04", "05", "06", "TO", "CN", "AO", "IM")
AREA_NAMES = {
    "73": "Savoie", "74": "Haute-Savoie", "04": "Alpes-de-Haute-Provence", "05": "Hautes-Alpes",
    "06": "Alpes-Maritimes", "TO": "Torino", "CN": "Cuneo", "AO": "Aosta", "IM": "Imperia",
}  # fmt: skip
REGIONS = {
    "73": "Auvergne-Rhône-Alpes", "74": "Auvergne-Rhône-Alpes", "04": "Provence-Alpes-Côte d'Azur",
    "05": "Provence-Alpes-Côte d'Azur", "06": "Provence-Alpes-Côte d'Azur", "TO": "Piemonte",
    "CN": "Piemonte", "AO": "Valle d'Aosta/Vallée d'Aoste", "IM": "Liguria",
}  # fmt: skip


@dataclass(frozen=True)
class Commune:
    """A commune or comune; ``area`` is the département number or the sigla of the provincia."""

    country: str
    nuts3: str
    area: str
    code: str
    name: str
    exonym: str
    postcode: str
    latitude: float
    longitude: float
    population: int


@dataclass(frozen=True)
class Activity:
    """A NACE Rev. 2 class with its national codes and the nouns firms of it put in their names."""

    nace: str
    naf: tuple[str, ...]
    ateco: tuple[str, ...]
    label_fr: str
    label_it: str
    nouns_fr: tuple[str, ...]
    nouns_it: tuple[str, ...]


@dataclass(frozen=True)
class Material:
    """A material or resource that can be offered or sought; ``low`` has six digits without asterisk."""

    id: str
    kind: str
    state: str
    low: str | None
    hazardous: bool
    sources: tuple[str, ...]
    users: tuple[str, ...]
    months: tuple[int, ...]
    unit: str
    quantity: tuple[float, float]
    fr: tuple[str, ...]
    it: tuple[str, ...]
    family: str = ""


@cache
def communes() -> tuple[Commune, ...]:
    """Every commune of the data file, in file order."""
    with (DATA / "communes.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(
            Commune(
                row["country"], row["nuts3"], row["area"], row["code"], row["name"], row["exonym"],
                row["postcode"], float(row["latitude"]), float(row["longitude"]), int(row["population"]),
            )
            for row in csv.DictReader(handle)
        )  # fmt: skip


@cache
def communes_of(country: str) -> tuple[Commune, ...]:
    """The communes of ``FR`` or ``IT``."""
    return tuple(c for c in communes() if c.country == country)


@cache
def activities() -> dict[str, Activity]:
    """NACE class → activity."""
    with (DATA / "activities.csv").open(encoding="utf-8", newline="") as handle:
        return {
            row["nace"]: Activity(
                row["nace"], tuple(row["naf"].split(";")), tuple(row["ateco"].split(";")),
                row["label_fr"], row["label_it"],
                tuple(row["nouns_fr"].split(";")), tuple(row["nouns_it"].split(";")),
            )
            for row in csv.DictReader(handle)
        }  # fmt: skip


@cache
def materials() -> dict[str, Material]:
    """Material id → material, in file order."""
    entries: list[dict[str, Any]] = yaml.safe_load((DATA / "materials.yml").read_text(encoding="utf-8"))
    return {
        e["id"]: Material(
            e["id"], "déchet" if e["low"] else "matière", e["state"], e["low"], bool(e.get("hazardous")),
            tuple(e["from"]), tuple(e["to"]), tuple(e["months"]), e["unit"],
            (float(e["qty"][0]), float(e["qty"][1])), tuple(e["fr"]), tuple(e["it"]),
        )
        for e in entries
    }  # fmt: skip


@cache
def other_flows() -> tuple[Material, ...]:
    """Energy, water, equipment, service, skill and transport flows."""
    entries: dict[str, list[dict[str, Any]]] = yaml.safe_load((DATA / "other_flows.yml").read_text(encoding="utf-8"))
    return tuple(
        Material(
            e["id"], kind, "", None, False, (), (), (), e["unit"],
            (float(e["qty"][0]), float(e["qty"][1])), tuple(e["fr"]), (), e["famille"],
        )
        for kind, items in entries.items() for e in items
    )  # fmt: skip


@cache
def yields_of(nace: str) -> tuple[Material, ...]:
    """Materials that an activity produces."""
    return tuple(m for m in materials().values() if nace in m.sources)


@cache
def needs_of(nace: str) -> tuple[Material, ...]:
    """Materials that an activity can use."""
    return tuple(m for m in materials().values() if nace in m.users)


@cache
def expense_labels() -> dict[str, dict[str, list[str]]]:
    """Country → cost category → what expenses are called."""
    labels: dict[str, dict[str, list[str]]] = yaml.safe_load(_read("expense_labels.yml"))
    return labels


@cache
def place_descriptions() -> dict[str, dict[str, str]]:
    """Country → kind of third place → one sentence."""
    texts: dict[str, dict[str, str]] = yaml.safe_load(_read("place_descriptions.yml"))
    return texts


def _read(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")
