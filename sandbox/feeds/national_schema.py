"""The French national schema for digital-inclusion places: a flat CSV of 32 columns, French only."""

from __future__ import annotations

import datetime as dt
from random import Random

from sandbox.feeds.places_common import SOURCE, STREAM, listed, swap_geo, tell, word
from sandbox.truth import KEY, Row, Spoiler, Truth, spoil
from sandbox.world.chance import happens, stream
from sandbox.world.identifiers import break_key
from sandbox.world.places import ThirdPlace

INSTANCE = "national_alpes"
COLUMNS = (
    "id", "pivot", "nom", "commune", "code_postal", "code_insee", "adresse", "complement_adresse", "latitude",
    "longitude", "typologie", "telephone", "courriels", "site_web", "horaires", "presentation_resume",
    "presentation_detail", "source", "itinerance", "structure_parente", "date_maj", "services",
    "publics_specifiquement_adresses", "prise_en_charge_specifique", "frais_a_charge",
    "dispositif_programmes_nationaux", "formations_labels", "autres_formations_labels", "modalites_acces",
    "modalites_accompagnement", "fiche_acces_libre", "prise_rdv",
)  # fmt: skip
_TYPES = {
    "COWORKING": "TIERS_LIEUX", "FABLAB_MAKERSPACE": "FABLAB", "DIGITAL_INCLUSION": "EPN", "CULTURAL": "TIERS_LIEUX",
}  # fmt: skip
_SERVICES = (
    "Aide aux démarches administratives", "Maîtrise des outils numériques du quotidien",
    "Matériel informatique à prix solidaire", "Accès internet et matériel informatique",
)  # fmt: skip
NO_PIVOT = "00000000000000"


def _row(place: ThirdPlace, number: int, rng: Random) -> Row:
    w = word(place, rng)
    hours = "; ".join(f"{day} {a}-{b}" for day, (a, b) in place.hours.items())
    types = [_TYPES.get(kind, "TIERS_LIEUX") for kind in place.kinds]
    return {
        KEY: f"{INSTANCE}:Alpes-numeriques_{number}",
        "id": f"Alpes-numeriques_{number}",
        "pivot": place.host.main.siret if place.host else NO_PIVOT,
        "nom": w.name,
        "commune": w.city,
        "code_postal": w.postcode,
        "code_insee": place.site.commune.code if happens(rng, 0.7) else "",
        "adresse": w.street,
        "complement_adresse": rng.choice(("", "", "", "Bâtiment B", "1er étage")),
        "latitude": f"{w.latitude}",
        "longitude": f"{w.longitude}",
        "typologie": "|".join(dict.fromkeys(types)),
        "telephone": place.telephone.replace(" ", "") if w.phone else "",
        "courriels": w.email,
        "site_web": f"https://www.{place.domain}" if w.web else "",
        "horaires": hours if happens(rng, 0.5) else "",
        "presentation_resume": f"{w.about}.",
        "presentation_detail": "",
        "source": "Hub numérique des Alpes (fictif)",
        "itinerance": "Fixe" if happens(rng, 0.9) else "Itinérant",
        "structure_parente": w.host,
        "date_maj": place.updated.isoformat(),
        "services": "|".join(rng.sample(_SERVICES, rng.choice((1, 2, 3)))),
        "publics_specifiquement_adresses": rng.choice(("", "Jeunes", "Jeunes|Seniors")),
        "prise_en_charge_specifique": "",
        "frais_a_charge": rng.choice(("", "Gratuit", "Payant", "Gratuit sous condition")),
        "dispositif_programmes_nationaux": rng.choice(("", "", "France Services", "Aidants Connect")),
        "formations_labels": "",
        "autres_formations_labels": "",
        "modalites_acces": rng.choice(("", "Se présenter|Téléphoner", "Contacter par mail")),
        "modalites_accompagnement": rng.choice(("", "En autonomie", "En autonomie|Accompagnement individuel")),
        "fiche_acces_libre": "",
        "prise_rdv": "",
    }


def _decimal_comma(row: Row, _rng: Random) -> bool:
    row["latitude"], row["longitude"] = row["latitude"].replace(".", ","), row["longitude"].replace(".", ",")
    return True


def _empty_point(row: Row, _rng: Random) -> bool:
    row["latitude"] = row["longitude"] = ""
    return True


def _old_separator(row: Row, _rng: Random) -> bool:
    if "|" not in row["services"]:
        return False
    row["services"] = row["services"].replace("|", ";")
    return True


def _pivot_key(row: Row, rng: Random) -> bool:
    if row["pivot"] == NO_PIVOT:
        return False
    row["pivot"] = break_key(row["pivot"], rng)
    return True


def _pivot_siren(row: Row, _rng: Random) -> bool:
    if row["pivot"] == NO_PIVOT:
        return False
    row["pivot"] = row["pivot"][:9]
    return True


def _lost_zero(row: Row, _rng: Random) -> bool:
    if not row["code_postal"].startswith("0"):
        return False
    row["code_postal"] = row["code_postal"][1:]
    return True


def _codes_swapped(row: Row, _rng: Random) -> bool:
    if not row["code_insee"]:
        return False
    row["code_postal"], row["code_insee"] = row["code_insee"], row["code_postal"]
    return True


def _epoch(row: Row, _rng: Random) -> bool:
    row["date_maj"] = dt.date(1970, 1, 1).isoformat()
    return True


def _bad_date(row: Row, _rng: Random) -> bool:
    row["date_maj"] = "2025-02-31"
    return True


def _no_id(row: Row, _rng: Random) -> bool:
    row["id"] = ""
    return True


_SPOILERS = (
    Spoiler("date_impossible", ("date_maj",), 0.008, _bad_date, unreadable=True),
    Spoiler("key_missing", ("id",), 0.008, _no_id, unreadable=True),
    Spoiler("decimal_comma", ("latitude", "longitude"), 0.06, _decimal_comma),
    Spoiler("coordinates_missing", ("latitude", "longitude"), 0.05, _empty_point),
    Spoiler("coordinates_swapped", ("latitude", "longitude"), 0.02, lambda r, _: swap_geo(r, "latitude", "longitude")),
    Spoiler("old_list_separator", ("services",), 0.08, _old_separator),
    Spoiler("siret_bad_key", ("pivot",), 0.04, _pivot_key),
    Spoiler("siren_in_siret", ("pivot",), 0.06, _pivot_siren),
    Spoiler("postcode_lost_zero", ("code_postal",), 0.08, _lost_zero),
    Spoiler("postcode_insee_swapped", ("code_postal", "code_insee"), 0.02, _codes_swapped),
    Spoiler("date_epoch", ("date_maj",), 0.03, _epoch),
)


def build(seed: int, places: list[ThirdPlace], truth: Truth) -> list[Row]:
    """The rows of the CSV, defects planted."""
    rng, rows = stream(seed, "national"), []
    for number, place in enumerate(listed(places, "national"), start=1):
        row = _row(place, number, rng)
        tell(place, INSTANCE, row["id"], truth, names_host=True)
        rows.append(row)
    spoil(rows, _SPOILERS, stream(seed, "national-defects"), truth, SOURCE, STREAM)
    return rows
