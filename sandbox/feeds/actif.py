"""ACTIF: flows entered by advisers of the chambers, quantified and located, mostly not for publication."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable

from sandbox.feeds.actif_defects import SPOILERS, UNNAMED
from sandbox.truth import KEY, Row, Truth, spoil
from sandbox.world.chance import TODAY, day_between, happens, pick_weighted, stream
from sandbox.world.flows import Flow, Published, material_flows, other_flow
from sandbox.world.organisations import Organisation
from sandbox.world.wording import firm_spelling, marked, short_street

COLUMNS = (
    "id_flux", "siret", "raison_sociale", "nom_site", "code_naf", "adresse", "code_postal", "commune",
    "code_insee", "latitude", "longitude", "sens", "type_flux", "famille", "sous_famille", "libelle_flux",
    "code_dechet", "quantite", "unite", "frequence", "saisonnalite", "etat_physique", "conditionnement",
    "valorisation_actuelle", "cout", "confidentialite", "date_maj", "conseiller", "cci",
)  # fmt: skip
_MONTHS = ("janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc")
_CCI = {
    "73": "CCI Savoie", "74": "CCI Haute-Savoie", "04": "CCI Alpes-de-Haute-Provence",
    "05": "CCI Hautes-Alpes", "06": "CCI Nice Côte d'Azur",
}  # fmt: skip
_FAMILIES = {
    "01": "Matières minérales", "02": "Matières organiques", "03": "Bois et papier", "04": "Cuir et textile",
    "06": "Chimie", "10": "Minéraux de procédés", "11": "Chimie", "12": "Métaux et plastiques",
    "15": "Emballages", "16": "Véhicules", "17": "BTP", "19": "Traitement", "20": "Déchets assimilés",
}  # fmt: skip
_PACKING = {"solide": ("vrac", "bennes", "big-bags", "palettisé"), "liquide": ("cuve", "IBC", "vrac citerne")}
_TREATMENT = (
    ("", 3.0), ("méthanisation", 1.0), ("épandage", 1.0), ("R3", 0.6), ("R5", 0.5), ("D1", 0.4),
    ("alimentation animale", 0.8), ("enfouissement", 0.5), ("reprise par un négociant", 0.7),
    ("R 13", 0.3), ("compostage", 0.8),
)  # fmt: skip


def season_text(months: Iterable[int], rng: random.Random) -> str:
    """Months as an adviser writes them: ``sept-déc``, a list, or the whole year."""
    named = [_MONTHS[m - 1] for m in months]
    if not named:
        return rng.choice(("", "continu", "toute l'année"))
    return f"{named[0]}-{named[-1]}" if happens(rng, 0.7) else ", ".join(named)


def waste_code(low: str | None, hazardous: bool) -> str:
    """``020704`` as ``02 07 04``, with the asterisk of hazardous waste."""
    if not low:
        return ""
    return f"{low[:2]} {low[2:4]} {low[4:]}{'*' if hazardous else ''}"


def _flows(actif: list[Organisation], rng: random.Random) -> list[Flow]:
    flows: list[Flow] = []
    for org in actif:
        home = [s for s in org.sites if s.commune.country == org.country]
        for site in home:
            flows += material_flows(org, site, rng, 3)
            flows += [other_flow(org, site, rng) for _ in range(2) if happens(rng, 0.3)]
    return flows


def _confidentiality(rng: random.Random) -> str:
    return pick_weighted(rng, (("public", 0.45), ("réseau CCI", 0.4), ("privé", 0.15)))


def _updated(rng: random.Random) -> dt.date:
    return day_between(rng, TODAY - dt.timedelta(days=900), TODAY - dt.timedelta(days=10))


def _row(flow: Flow, name: str, number: int, advisers: list[str], rng: random.Random) -> Row:
    org, site, material = flow.organisation, flow.site, flow.material
    commune = site.commune
    italian = commune.country == "IT"
    text = rng.choice(material.fr)
    packing = rng.choice(_PACKING.get(material.state, ("vrac", "")))
    return {
        KEY: f"FLX-{number:06d}",
        "_flow": flow,
        "id_flux": f"FLX-{number:06d}",
        "siret": org.cf if italian else site.siret,
        "raison_sociale": name,
        "nom_site": "" if site == org.main and happens(rng, 0.6) else f"Site de {commune.name}",
        "code_naf": rng.choice(org.activity.naf),
        "adresse": short_street(site.address) if happens(rng, 0.3) else site.address,
        "code_postal": commune.postcode,
        "commune": commune.name,
        "code_insee": commune.code,
        "latitude": site.latitude,
        "longitude": site.longitude,
        "sens": "sortant" if flow.direction == "offer" else "entrant",
        "type_flux": material.kind,
        "famille": material.family or _FAMILIES.get((material.low or "02")[:2], "Divers"),
        "sous_famille": rng.choice(("", "", material.fr[0].split(" ")[0].lower())),
        "libelle_flux": text,
        "code_dechet": waste_code(material.low, material.hazardous) if happens(rng, 0.6) else "",
        "quantite": flow.quantity,
        "unite": flow.unit + rng.choice(("", "/an")) if flow.unit in ("t", "m3", "kg") else flow.unit,
        "frequence": rng.choice(("continu", "mensuel", "ponctuel", "hebdomadaire", "")),
        "saisonnalite": season_text(material.months, rng),
        "etat_physique": material.state,
        "conditionnement": packing,
        "valorisation_actuelle": pick_weighted(rng, _TREATMENT) if flow.direction == "offer" else "",
        "cout": rng.choice(("", "", "", "0", "45 €/t", "gratuit", "120 €/t", "transport à charge")),
        "confidentialite": _confidentiality(rng),
        "date_maj": _updated(rng).isoformat(),
        "conseiller": rng.choice(advisers),
        "cci": _CCI.get(commune.area, "CCI Alpes (partenaire)"),
    }


def build(seed: int, actif: list[Organisation], advisers: list[str], truth: Truth) -> tuple[list[Row], list[Published]]:
    """The rows of ACTIF, defects planted, and the flows behind them.

    Args:
        seed: seed of the world.
        actif: the organisations that ACTIF knows.
        advisers: names of the advisers, already marked as invented.
        truth: takes the answers.
    """
    rng = stream(seed, "actif")
    flows = _flows(actif, rng)
    sites = {f.site.id: f.organisation for f in flows}
    names = {site: marked(firm_spelling(org.core, org.legal_form, rng), org.country) for site, org in sites.items()}
    rows = [_row(flow, names[flow.site.id], i + 1, advisers, rng) for i, flow in enumerate(flows)]
    entries = []
    for row in rows:
        flow: Flow = row["_flow"]
        entries.append(Published(flow, "actif", row[KEY], row["confidentialite"] == "public"))
        truth.saw_organisation(flow.organisation, "actif", "flux", row[KEY], "owner")
        truth.saw_address(flow.site, "actif", "flux", row[KEY])
        truth.flows.append({
            "source": "actif", "stream": "flux", "key": row[KEY], "text": row["libelle_flux"],
            "material": flow.material.id, "direction": flow.direction, "country": flow.country,
            "organisation": flow.organisation.id, "low": flow.material.low, "quantity": flow.quantity,
            "unit": flow.unit, "months": list(flow.material.months), "public": entries[-1].public,
        })  # fmt: skip
    rows = _with_repeats(rows, rng, truth)
    spoil(rows, SPOILERS, stream(seed, "actif-defects"), truth, "actif", "flux")
    _tell_texts(rows, truth)
    return rows, entries


def _tell_texts(rows: list[Row], truth: Truth) -> None:
    """Bring the truth's texts to what was published; a label of nothing names no material."""
    published_text = {row[KEY]: row["libelle_flux"] for row in rows}
    for entry in truth.flows:
        if entry["source"] == "actif":
            entry["text"] = published_text[entry["key"]]
            entry["tellable"] = entry["text"] != UNNAMED


def _with_repeats(rows: list[Row], rng: random.Random, truth: Truth) -> list[Row]:
    """Some flows stand in the tool twice: entered again under a new number in other words."""
    repeats: list[Row] = []
    known = {entry["key"]: entry for entry in truth.flows}
    for row in rng.sample(rows, max(1, len(rows) // 80)):
        flow: Flow = row["_flow"]
        number = len(rows) + len(repeats) + 1
        key = f"FLX-{number:06d}"
        again = {**row, KEY: key, "id_flux": key, "libelle_flux": rng.choice(flow.material.fr)}
        repeats.append(again)
        truth.saw_organisation(flow.organisation, "actif", "flux", key, "owner")
        truth.saw_address(flow.site, "actif", "flux", key)
        truth.flows.append({**known[row[KEY]], "key": key})
        truth.spoilt("actif", "flux", key, "id_flux", "duplicate_flow", row[KEY])
    return rows + repeats
