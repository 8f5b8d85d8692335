"""An Italian open-data portal: a table of shared spaces with Italian headings and number formats."""

from __future__ import annotations

from random import Random

from sandbox.feeds.places_common import SOURCE, STREAM, WEEK, listed, swap_geo, tell, word
from sandbox.truth import KEY, Row, Spoiler, Truth, spoil
from sandbox.world.chance import happens, stream
from sandbox.world.identifiers import break_key
from sandbox.world.places import ThirdPlace

INSTANCE = "ckan_spazi"
RESOURCE = "7d1c0f3e-5a52-4e0b-9f1e-000000f17712"
COLUMNS = (
    "id_spazio", "denominazione", "tipologia", "indirizzo", "cap", "comune", "provincia", "codice_istat",
    "latitudine", "longitudine", "gestore", "partita_iva", "sito_web", "telefono", "email", "orari",
    "data_aggiornamento",
)  # fmt: skip
_TYPES = {
    "COWORKING": "coworking", "FABLAB_MAKERSPACE": "fablab", "CRAFT_WORKSHOP": "laboratorio artigianale condiviso",
    "LIVING_LAB": "living lab", "FOODLAB": "cucina condivisa", "AGRI_FOOD": "orto condiviso",
    "CULTURAL": "casa di quartiere", "DIGITAL_INCLUSION": "punto digitale",
}  # fmt: skip
_DAYS = dict(zip(WEEK, ("lun", "mar", "mer", "gio", "ven", "sab", "dom"), strict=True))


def _row(place: ThirdPlace, number: int, rng: Random) -> Row:
    w, commune = word(place, rng), place.site.commune
    days = list(place.hours)
    opens, closes = place.hours[days[0]]
    return {
        KEY: f"{INSTANCE}:SP{number:04d}",
        "id_spazio": f"SP{number:04d}",
        "denominazione": w.name,
        "tipologia": " / ".join(_TYPES[kind] for kind in place.kinds),
        "indirizzo": w.street,
        "cap": w.postcode,
        "comune": w.city,
        "provincia": commune.area,
        "codice_istat": commune.code,
        "latitudine": f"{w.latitude}".replace(".", ","),
        "longitudine": f"{w.longitude}".replace(".", ","),
        "gestore": w.host,
        "partita_iva": place.host.cf if place.host else "",
        "sito_web": w.web,
        "telefono": w.phone,
        "email": w.email,
        "orari": f"{_DAYS[days[0]]}-{_DAYS[days[-1]]} {opens}-{closes}" if happens(rng, 0.5) else "",
        "data_aggiornamento": place.updated.strftime("%d/%m/%Y"),
    }


def _istat_number(row: Row, _rng: Random) -> bool:
    done = row["codice_istat"].startswith("0")
    row["codice_istat"] = row["codice_istat"].lstrip("0")
    return bool(done)


def _province_in_city(row: Row, _rng: Random) -> bool:
    row["comune"] = f"{row['comune']} - {row['provincia']}"
    return True


def _vat_key(row: Row, rng: Random) -> bool:
    if not row["partita_iva"].isdigit():  # a sole trader's codice fiscale has letters
        return False
    row["partita_iva"] = break_key(row["partita_iva"], rng)
    return True


def _centroid(row: Row, _rng: Random) -> bool:
    if row["comune"].lower() == "torino":
        return False
    row["latitudine"], row["longitudine"] = "45,070312", "7,686856"  # the middle of Torino
    return True


def _bad_date(row: Row, _rng: Random) -> bool:
    row["data_aggiornamento"] = "31/09/2025"
    return True


def _no_id(row: Row, _rng: Random) -> bool:
    row["id_spazio"] = None
    return True


def _swap(row: Row, _rng: Random) -> bool:
    return swap_geo(row, "latitudine", "longitudine")


_SPOILERS = (
    Spoiler("date_impossible", ("data_aggiornamento",), 0.01, _bad_date, unreadable=True),
    Spoiler("key_missing", ("id_spazio",), 0.01, _no_id, unreadable=True),
    Spoiler("istat_lost_zero", ("codice_istat",), 0.3, _istat_number),
    Spoiler("province_in_commune", ("comune",), 0.06, _province_in_city),
    Spoiler("vat_bad_key", ("partita_iva",), 0.04, _vat_key),
    Spoiler("coordinates_default", ("latitudine", "longitudine"), 0.05, _centroid),
    Spoiler("coordinates_swapped", ("latitudine", "longitudine"), 0.02, _swap),
)


def build(seed: int, places: list[ThirdPlace], truth: Truth) -> list[Row]:
    """The rows of the table, defects planted."""
    rng, rows = stream(seed, "ckan"), []
    for number, place in enumerate(listed(places, "ckan"), start=1):
        row = _row(place, number, rng)
        tell(place, INSTANCE, row["id_spazio"], truth, names_host=True)
        rows.append(row)
    spoil(rows, _SPOILERS, stream(seed, "ckan-defects"), truth, SOURCE, STREAM)
    return rows
