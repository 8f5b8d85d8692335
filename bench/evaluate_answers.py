"""What is true and what was said, side by side: one function a question."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluate_world import Record, World

HERE = Path(__file__).resolve().parent
_ROLES = {"owner": "operator", "host": "third_place_operator", "supplier": "supplier"}


def material_concepts() -> dict[str, set[str]]:
    """Concepts of our list that each material of the synthetic world may be called."""
    with (HERE / "truth_materials.csv").open(encoding="utf-8") as stream:
        return {row["truth"]: set(row["concepts"].split()) for row in csv.DictReader(stream)}


def known_terms() -> set[tuple[str, str]]:
    """(language, normalised term) of everything that stands in the concept list."""
    path = HERE.parent / "dbt_project" / "seeds" / "reference" / "material_concept_term.csv"
    with path.open(encoding="utf-8") as stream:
        return {(row["language"], row["term_normalised"]) for row in csv.DictReader(stream)}


def organisations(world: World) -> tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any]]:
    """True and assigned organisation of every record that names one: (source, key, role) → id.

    A record that was rejected cannot be linked, and one without any name or number of an organisation in that role
    names nobody: both are left out. Suppliers on travel and staff lines are kept from being linked on purpose, because
    such lines are about persons; they come back as the third value.
    """
    truth = {
        (record["source"], record["key"], _ROLES[record["role"]]): organisation
        for organisation, entry in world.truth["organisations"].items()
        for record in entry["records"]
        if _names_somebody(world.payloads.get((record["source"], record["key"])), record["role"])
    }
    private = {
        ("synergie", world.keys["synergie", row["record_key"]], "supplier") for row in world.tables["private_line"]
    }
    found = {
        (row["source_id"], world.keys.get((row["source_id"], row["record_key"])), row["role"]): row["organisation_id"]
        for row in world.tables["mention"]
    }
    linkable = {record: organisation for record, organisation in truth.items() if record not in private}
    left_out = {record: organisation for record, organisation in truth.items() if record in private}
    return linkable, {record: found[record] for record in truth if record in found}, left_out


def _names_somebody(payload: Mapping[str, Any] | None, role: str) -> bool:
    fields = {
        "owner": ("raison_sociale", "nom_site", "siret", "ragione_sociale", "codice_fiscale", "partita_iva"),
        "host": ("structure_porteuse", "siret"),
        "supplier": ("fournisseur", "fournisseur_id"),
    }[role]
    return payload is not None and any(payload.get(field) for field in fields)


def third_places(world: World) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """True and assigned third place of every listing that was taken in."""
    truth = {
        (record["source"], record["key"]): place
        for place, entry in world.truth["third_places"].items()
        for record in entry["records"]
        if (record["source"], record["key"]) in world.payloads
    }
    return truth, {(row["source_id"], row["record_key"]): row["third_place_id"] for row in world.tables["listing"]}


def municipalities(world: World) -> tuple[dict[Record, str], dict[Record, str | None]]:
    """True and assigned municipality of every address in which a person could tell it.

    That is one with a name, a code or a postcode, or with a point that is not a default (0/0, or shared by a dozen
    records).
    """
    found: dict[Record, str | None] = {}
    for row in (*world.tables["mention"], *world.tables["listing"]):
        if row.get("role", "operator") == "operator":
            found[row["source_id"], world.keys[row["source_id"], row["record_key"]]] = row["lau_code"]
    addresses = {(a["source"], a["key"]): a for a in world.truth["addresses"]}
    truth = {
        record: str(address["commune_code"])
        for record, address in addresses.items()
        if record in world.payloads and _is_located(world.payloads[record])
    }
    return truth, found


def _is_located(payload: Mapping[str, Any]) -> bool:
    words = ("commune", "comune", "code_insee", "code_commune", "code_postal", "cap")
    latitude = payload.get("derived_latitude") or payload.get("latitude")
    return any(payload.get(field) for field in words) or bool(latitude and float(latitude))


@dataclass(frozen=True)
class Texts:
    """True and assigned concept of distinct texts, (language, kind of flow, text) → concept, by group.

    Attributes:
        accepted: text → every concept that is right for it; the truth side of the pairs holds the assigned one where
            it is among them.
        proposed: of texts to which nothing was assigned: a right concept among the candidates for a person.
        first: of texts that do not stand in the list: the assigned concept, or the first candidate.
        not_material: of texts that name no material: whether we kept from calling them one.
    """

    accepted: Mapping[Any, set[str]]
    proposed: tuple[dict[Any, Any], dict[Any, Any]]
    first: tuple[dict[Any, Any], dict[Any, Any]]
    all: tuple[dict[Any, Any], dict[Any, Any]]
    unlisted: tuple[dict[Any, Any], dict[Any, Any]]
    damaged: tuple[dict[Any, Any], dict[Any, Any]]
    own_words: tuple[dict[Any, Any], dict[Any, Any]]
    not_material: tuple[dict[Any, Any], dict[Any, Any]]


_SERVICES = ("energy_", "equipment_", "service_", "skill_", "transport_")
_NOT_SUBSTANCE = {"SERVICE", "TRANSPORT", "EQUIPMENT", "ENERGY"}
_LABELS = ("libelle_flux", "nome_commerciale_sottoprodotto", "famille", "sous_famille")


def concepts(world: World) -> Texts:
    """Texts of flows in which a person could tell the material.

    A text stands in the list if it does so letter by letter, accents and signs aside; damaged spelling is what the
    truth knows as such. A material of the world that our list divides further may be any of its parts.
    """
    names, listed = material_concepts(), known_terms()
    rows = {(row["source_id"], world.keys[row["source_id"], row["record_key"]]): row for row in world.tables["flow"]}
    spoilt = {(d["source"], d["key"]) for d in world.truth["defects"] if d["field"] in _LABELS}
    accepted: dict[Any, set[str]] = {}
    found: dict[Any, str | None] = {}
    candidates: dict[Any, list[str]] = {}
    services: dict[Any, bool] = {}
    damaged: set[Any] = set()
    for flow in world.truth["flows"]:
        row = rows.get((flow["source"], flow["key"]))
        if row is None or not flow["tellable"]:
            continue
        text = (row["material_language_code"], row["flow_type_code"], row["material_text"])
        if flow["material"].startswith(_SERVICES):
            services[text] = row["material_code"] is not None and row["material_family_code"] not in _NOT_SUBSTANCE
            continue
        accepted[text] = names[flow["material"]]
        found[text] = row["material_code"]
        candidates[text] = row["proposed"]
        if (flow["source"], flow["key"]) in spoilt:
            damaged.add(text)
    # Where several concepts are right, the one we chose among them is the true one.
    truth = {text: found[text] if found[text] in right else min(right) for text, right in accepted.items()}
    unlisted = {t: code for t, code in truth.items() if (t[0], _plain(t[2])) not in listed}
    left_open = [text for text in truth if found[text] is None and _plain(text[2])]
    helped = {
        t: "right" if accepted[t] & set(candidates[t]) else ("wrong" if candidates[t] else None) for t in left_open
    }
    best = {text: found[text] or next(iter(candidates[text]), None) for text in unlisted}
    best = {text: unlisted[text] if code in accepted[text] else code for text, code in best.items()}
    return Texts(
        accepted,
        (dict.fromkeys(left_open, "right"), helped),
        (unlisted, best),
        (truth, found),
        (unlisted, found),
        ({t: code for t, code in unlisted.items() if t in damaged}, found),
        ({t: code for t, code in unlisted.items() if t not in damaged}, found),
        (dict.fromkeys(services, "kept"), {text: None if wrong else "kept" for text, wrong in services.items()}),
    )


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe"))
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in bare if not unicodedata.combining(c))))


def waste_codes(world: World) -> tuple[dict[Record, str], dict[Record, str | None]]:
    """True and normalised List of Waste code of every flow whose source gives one that is not wrong itself."""
    unknown = {(d["source"], d["key"]) for d in world.truth["defects"] if d["kind"] == "waste_code_99"}
    rows = {(row["source_id"], world.keys[row["source_id"], row["record_key"]]): row for row in world.tables["flow"]}
    truth = {
        (flow["source"], flow["key"]): str(flow["low"])
        for flow in world.truth["flows"]
        if flow["low"] and (flow["source"], flow["key"]) in rows and (flow["source"], flow["key"]) not in unknown
        if rows[flow["source"], flow["key"]]["low_code_given"]
    }
    return truth, {record: rows[record]["low_code"] for record in truth}


# What one unit of the world is in the unit that we publish per year; other units are not converted.
_PER_YEAR = {
    "t": ("quantity_t_per_year", 1), "kg": ("quantity_t_per_year", 0.001), "m3": ("quantity_m3_per_year", 1),
    "L": ("quantity_m3_per_year", 0.001), "hL": ("quantity_m3_per_year", 0.1), "MWh": ("quantity_mwh_per_year", 1),
}  # fmt: skip
_WRONG_UNIT = {"kilograms_as_tonnes", "tonnes_as_kilograms"}
_YEARLY = ("quantity_t_per_year", "quantity_m3_per_year", "quantity_mwh_per_year")


def quantities(world: World) -> tuple[dict[Record, str | None], dict[Record, str | None]]:
    """True and converted yearly quantity of every flow with a quantity, as texts. Within 5 % is equal: free
    texts round to whole numbers.

    What happens once or per batch has none, nor has what is counted in pieces, hours or square metres. Records whose
    source wrote a wrong unit are left out: no reader could know.
    """
    wrong = {(d["source"], d["key"]) for d in world.truth["defects"] if d["kind"] in _WRONG_UNIT}
    rows = {(row["source_id"], world.keys[row["source_id"], row["record_key"]]): row for row in world.tables["flow"]}
    truth: dict[Record, str | None] = {}
    found: dict[Record, str | None] = {}
    for flow in world.truth["flows"]:
        record = (flow["source"], flow["key"])
        row = rows.get(record)
        if row is None or row["quantity_given"] is None or record in wrong:
            continue
        column, factor = _PER_YEAR.get(flow["unit"], ("", 0))
        often = (world.payloads[record].get("frequence") or "").lower()
        # "t/an" counts per year however often the flow runs; a bare "t" of a single occasion does not.
        once = often in ("ponctuel", "ponctuelle", "unique") and "/" not in (row["unit_given"] or "")
        said = {name: float(row[name]) for name in _YEARLY if row[name] is not None}
        true = {column: flow["quantity"] * factor} if column and not once else {}
        agree = said.keys() == true.keys() and all(abs(said[n] - true[n]) <= 0.05 * true[n] + 1e-6 for n in said)
        truth[record] = str(true) if true else None
        found[record] = truth[record] if agree else (str(said) if said else None)
    return truth, found
