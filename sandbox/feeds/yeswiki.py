"""YesWiki Bazar: entries of a form keyed by their page tag, lists as numbers of the wiki's own."""

from __future__ import annotations

import datetime as dt
from random import Random

from sandbox.feeds.places_common import SOURCE, STREAM, WEEK, listed, tell, word
from sandbox.truth import KEY, Row, Spoiler, Truth, spoil
from sandbox.world.chance import happens, stream
from sandbox.world.places import ThirdPlace
from sandbox.world.wording import slug

INSTANCE = "yeswiki_hub"
FORM = "8"
KINDS = "checkboxListeTypeDeLieu"
CODES = {
    "COWORKING": "1", "FABLAB_MAKERSPACE": "5", "CRAFT_WORKSHOP": "3", "LIVING_LAB": "7", "FOODLAB": "13",
    "AGRI_FOOD": "14", "CULTURAL": "15", "DIGITAL_INCLUSION": "2",
}  # fmt: skip
"""Code 5 is no part of 15: codes are compared as wholes."""
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_GIVEN = dict(zip(WEEK, _DAYS, strict=True))


def _tag(place: ThirdPlace) -> str:
    return "".join(part.capitalize() for part in slug(place.name).split("-")) + place.id[-3:]


def _entry(place: ThirdPlace, rng: Random) -> Row:
    w, tag = word(place, rng), _tag(place)
    row: Row = {
        KEY: f"{INSTANCE}:{tag}",
        "id_fiche": tag,
        "id_typeannonce": FORM,
        "bf_titre": w.name,
        "bf_description": w.about,
        "bf_siret": place.host.main.siret if place.host and happens(rng, 0.7) else "",
        "bf_adresse1": w.street,
        "bf_adresse2": "",
        "bf_code_postal": w.postcode,
        "bf_codeinsee": place.site.commune.code,
        "bf_ville": w.city,
        "bf_latitude": f"{w.latitude}",
        "bf_longitude": f"{w.longitude}",
        "bf_tel": w.phone,
        "bf_mail": w.email,
        "bf_site_internet": w.web,
        KINDS: ",".join(CODES[kind] for kind in place.kinds),
        "date_creation_fiche": f"{max(place.opened, dt.date(2020, 5, 4))} 10:00:00",
        "date_maj_fiche": f"{place.updated} {rng.randrange(8, 19):02d}:{rng.randrange(60):02d}:00",
        "statut_fiche": "1",
        "url": f"https://hub-alpes.example/?{tag}",
    }
    known = happens(rng, 0.5)
    for day, name in _GIVEN.items():
        opens, closes = place.hours.get(day, ("", ""))
        row[f"ouv_{name}"] = f"{opens.replace(':', 'h')} - {closes.replace(':', 'h')}" if known and opens else ""
    return row


def _old_map(row: Row, _rng: Random) -> bool:
    row["carte_google"] = f"{row['bf_latitude']}|{row['bf_longitude']}"
    row["bf_latitude"] = row["bf_longitude"] = ""
    return True


def _lost_zero(row: Row, _rng: Random) -> bool:
    done = row["bf_tel"].startswith("04")
    row["bf_tel"] = row["bf_tel"][1:] if done else row["bf_tel"]
    return bool(done)


def _comma(row: Row, _rng: Random) -> bool:
    row["bf_latitude"] = row["bf_latitude"].replace(".", ",")
    row["bf_longitude"] = row["bf_longitude"].replace(".", ",")
    return True


def _no_title(row: Row, _rng: Random) -> bool:
    row["bf_titre"] = ""
    return True


def _siren_only(row: Row, _rng: Random) -> bool:
    if not row["bf_siret"]:
        return False
    row["bf_siret"] = row["bf_siret"][:9]
    return True


_SPOILERS = (
    Spoiler("name_missing", ("bf_titre",), 0.01, _no_title, unreadable=True),
    Spoiler("coordinates_in_old_field", ("bf_latitude", "bf_longitude"), 0.12, _old_map),
    Spoiler("decimal_comma", ("bf_latitude", "bf_longitude"), 0.06, _comma),
    Spoiler("phone_lost_zero", ("bf_tel",), 0.1, _lost_zero),
    Spoiler("siren_in_siret", ("bf_siret",), 0.08, _siren_only),
)


def build(seed: int, places: list[ThirdPlace], truth: Truth) -> list[Row]:
    """The entries of the form, defects planted; only Savoie and Haute-Savoie belong to this hub."""
    rng, rows = stream(seed, "yeswiki"), []
    for place in listed(places, "yeswiki"):
        if place.site.commune.area not in ("73", "74"):
            continue
        row = _entry(place, rng)
        tell(place, INSTANCE, row["id_fiche"], truth, names_host=bool(row["bf_siret"]))
        rows.append(row)
    spoil(rows, _SPOILERS, stream(seed, "yeswiki-defects"), truth, SOURCE, STREAM)
    return rows
