"""The French census of third places: modules that are joined by ``ID_UNIQUE``."""

from __future__ import annotations

from random import Random

from sandbox.feeds.places_common import SOURCE, STREAM, listed, tell, word
from sandbox.truth import KEY, Row, Spoiler, Truth, spoil
from sandbox.world.chance import happens, stream
from sandbox.world.data import AREA_NAMES, REGIONS
from sandbox.world.places import ThirdPlace
from sandbox.world.wording import mojibake, slug

INSTANCE = "recensement_alpes"
IDENTITY = (
    "ID_UNIQUE", "NOM", "ADRESSE", "CODPOST", "VILLE", "DEPARTEMENT_TL", "REGION_TL", "LATITUDE", "LONGITUDE",
    "INTERNET", "EMAIL", "TELEPHONE", "RS_FACEBOOK", "RS_X", "RS_INSTAGRAM", "RS_LINKEDIN", "RS_MASTODON",
    "RS_MOVILAB", "LIEN_OSM_GOOGLE", "NOM_STRC_GEST", "TYPE_STRUCTURE_GEST", "DATE_OUV", "DESCRI_COU",
    "état du projet", "familles_tiers_lieux", "initiative_origine",
)  # fmt: skip
GENERAL = ("ID_UNIQUE", "surface_m2", "nb_postes", "ouvert_au_public", "acces_pmr", "accueil_acc_coworking")
FAMILIES = {
    "COWORKING": "Bureaux partagés / Coworking", "FABLAB_MAKERSPACE": "Fablab / Makerspace / Hackerspace",
    "CRAFT_WORKSHOP": "Ateliers artisanaux partagés",
    "LIVING_LAB": "LivingLab / Laboratoire d'innovation sociale", "FOODLAB": "Cuisine partagée / Foodlab",
    "AGRI_FOOD": "Tiers-lieu nourricier (agricole)", "CULTURAL": "Tiers-lieu culturel / lieu intermédiaire",
    "DIGITAL_INCLUSION": "Autre",
}  # fmt: skip
_STATUS = {"active": "ouvert", "planned": "en projet", "closed": "fermé"}


def _identity(place: ThirdPlace, number: int, rng: Random) -> Row:
    w, area = word(place, rng), place.site.commune.area
    social = f"https://social.example/{slug(place.name)}" if happens(rng, 0.3) else ""
    return {
        KEY: f"{INSTANCE}:TL{number:05d}",
        "_surface": str(place.surface),
        "ID_UNIQUE": f"TL{number:05d}",
        "NOM": w.name,
        "ADRESSE": w.street,
        "CODPOST": w.postcode,
        "VILLE": w.city,
        "DEPARTEMENT_TL": AREA_NAMES[area],
        "REGION_TL": REGIONS[area],
        "LATITUDE": f"{w.latitude}".replace(".", ","),
        "LONGITUDE": f"{w.longitude}".replace(".", ","),
        "INTERNET": w.web,
        "EMAIL": w.email,
        "TELEPHONE": w.phone,
        **dict.fromkeys(("RS_FACEBOOK", "RS_X", "RS_INSTAGRAM", "RS_LINKEDIN", "RS_MASTODON", "RS_MOVILAB"), ""),
        "RS_INSTAGRAM": social,
        "LIEN_OSM_GOOGLE": "",
        "NOM_STRC_GEST": w.host,
        "TYPE_STRUCTURE_GEST": rng.choice(("Association", "SCIC", "Collectivité", "")),
        "DATE_OUV": place.opened.strftime("%d/%m/%Y"),
        "DESCRI_COU": w.about,
        "état du projet": _STATUS[place.status],
        "familles_tiers_lieux": ";".join(FAMILIES[kind] for kind in place.kinds),
        "initiative_origine": rng.choice(("Collectif citoyen", "Collectivité;Entreprise", "")),
    }


def _general(row: Row, rng: Random) -> Row:
    """The second module's row of the same place."""
    coworking = FAMILIES["COWORKING"] in row["familles_tiers_lieux"]
    return {
        "ID_UNIQUE": row["ID_UNIQUE"], "surface_m2": row["_surface"],
        "nb_postes": str(rng.randrange(0, 60)), "ouvert_au_public": rng.choice(("Oui", "Non", "oui", "1")),
        "acces_pmr": rng.choice(("Oui", "Non", "")), "accueil_acc_coworking": "1" if coworking else "0",
    }  # fmt: skip


def _lost_zero(row: Row, _rng: Random) -> bool:
    done = row["CODPOST"].startswith("0")
    row["CODPOST"] = row["CODPOST"].lstrip("0")
    return bool(done)


def _zero(row: Row, _rng: Random) -> bool:
    row["CODPOST"] = "0"
    return True


def _garbled(row: Row, _rng: Random) -> bool:
    before = row["NOM"]
    row["NOM"] = mojibake(before)
    return bool(row["NOM"] != before)


def _no_id(row: Row, _rng: Random) -> bool:
    row["ID_UNIQUE"] = ""
    return True


_SPOILERS = (
    Spoiler("key_missing", ("ID_UNIQUE",), 0.01, _no_id, unreadable=True),
    Spoiler("postcode_lost_zero", ("CODPOST",), 0.15, _lost_zero),
    Spoiler("postcode_zero", ("CODPOST",), 0.04, _zero),
    Spoiler("name_mojibake", ("NOM",), 0.03, _garbled),
)


def build(seed: int, places: list[ThirdPlace], truth: Truth) -> tuple[list[Row], list[Row]]:
    """The identity module, defects planted, and the general module, which lacks a few places."""
    rng, rows, more = stream(seed, "census"), [], []
    for number, place in enumerate(listed(places, "census"), start=1):
        row = _identity(place, number, rng)
        tell(place, INSTANCE, row["ID_UNIQUE"], truth, names_host=bool(place.host))
        rows.append(row)
        if happens(rng, 0.93):
            more.append(_general(row, rng))
    spoil(rows, _SPOILERS, stream(seed, "census-defects"), truth, SOURCE, STREAM)
    return rows, more
