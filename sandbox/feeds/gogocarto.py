"""GoGoCarto: nested JSON elements of a map instance, with the instance's own generated field names."""

from __future__ import annotations

import datetime as dt
from random import Random

from sandbox.feeds.places_common import SOURCE, STREAM, listed, tell, word
from sandbox.truth import KEY, Row, Spoiler, Truth, spoil
from sandbox.world.chance import happens, stream
from sandbox.world.identifiers import Numbers
from sandbox.world.places import ThirdPlace

INSTANCE = "gogocarto_alpes"
WEBSITE = "text_1731593643321"
"""Generated key under which this instance keeps the website; another instance would have another one."""
HOST = "structure_porteuse"
CATEGORIES = {
    "COWORKING": (10, "Coworking / bureaux partagés"), "FABLAB_MAKERSPACE": (11, "Fablab / Makerspace / Hackerspace"),
    "CRAFT_WORKSHOP": (12, "Ateliers artisanaux partagés"), "LIVING_LAB": (13, "Living Lab"),
    "FOODLAB": (14, "Cuisine partagée / Foodlab"), "AGRI_FOOD": (15, "Tiers-lieu nourricier"),
    "CULTURAL": (16, "Tiers-lieu culturel"), "DIGITAL_INCLUSION": (17, "Inclusion numérique"),
}  # fmt: skip
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def _identifier(number: int) -> str:
    """A short alphanumeric id like the ones the map gives."""
    value, text = 5 * 36**3 + number * 37, ""
    while value:
        value, digit = divmod(value, 36)
        text = _ALPHABET[digit] + text
    return text


def _stamp(day: dt.date, rng: Random) -> str:
    time = dt.time(rng.randrange(7, 21), rng.randrange(60), rng.randrange(60))
    return dt.datetime.combine(day, time).isoformat() + "+01:00"


def _element(place: ThirdPlace, number: int, rng: Random, numbers: Numbers) -> Row:
    w, element_id = word(place, rng), _identifier(number)
    labels = [CATEGORIES[kind] for kind in place.kinds]
    hours = {day: f"{a}-12:00,14:00-{b}" if happens(rng, 0.5) else f"{a}-{b}" for day, (a, b) in place.hours.items()}
    row: Row = {
        KEY: f"{INSTANCE}:{element_id}",
        "id": element_id,
        "name": w.name,
        "geo": {"latitude": w.latitude, "longitude": w.longitude},
        "address": {
            "streetNumber": w.number, "streetAddress": w.road, "addressLocality": w.city,
            "postalCode": w.postcode, "addressCountry": place.country,
            "customFormatedAddress": f"{w.street}, {w.postcode} {w.city}",
        },
        "sourceKey": "Alpes en commun (fictif)",
        "createdAt": _stamp(max(place.opened, dt.date(2019, 3, 1)), rng),
        "updatedAt": _stamp(place.updated, rng),
        "status": 1 if happens(rng, 0.9) else -1,
        "categories": [label for _, label in labels],
        "categoriesFull": [
            {"id": cid, "name": label, "description": "", "index": i} for i, (cid, label) in enumerate(labels)
        ],
        "openHours": hours if happens(rng, 0.6) else {},
        "images": [], "stamps": [],
        "email": "hidden" if w.email else "",
        "telephone": w.phone,
        WEBSITE: w.web,
        HOST: w.host,
        "abstract": w.about,
        "description": f"<p>{w.about}.</p>" if happens(rng, 0.4) else "",
        "fullAddress": f"{w.street}, {w.postcode} {w.city}",
        "showUrl": f"https://alpes-en-commun.example/annuaire#/fiche/-/{element_id}/",
    }  # fmt: skip
    if happens(rng, 0.05):
        person = f"{numbers.first_name(place.country)}.{numbers.surname(place.country)}".lower().replace(" ", "")
        row["subscriberEmails"] = [f"{person}@personne.example"]
    return row


def _old_dates(row: Row, _rng: Random) -> bool:
    row["updatedAt"] = dt.datetime.fromisoformat(row["updatedAt"]).strftime("%d/%m/%Y")
    return True


def _geo_swapped(row: Row, _rng: Random) -> bool:
    geo = row["geo"]
    row["geo"] = {"latitude": geo["longitude"], "longitude": geo["latitude"]}
    return True


def _geo_zero(row: Row, _rng: Random) -> bool:
    row["geo"] = {"latitude": 0, "longitude": 0}
    return True


def _comma_hours(row: Row, _rng: Random) -> bool:
    row["openHours"] = {"Mo": ",14:00-18:00"}
    return True


def _web(row: Row, rng: Random) -> bool:
    row[WEBSITE] = rng.choice(("NULL", ["https://a.example", "https://b.example"], "www.a.example;www.b.example"))
    return True


def _html_name(row: Row, _rng: Random) -> bool:
    row["name"] = row["name"].replace("é", "&eacute;").replace("'", "&#039;") + "<br>"
    return True


def _postcode(row: Row, _rng: Random) -> bool:
    address = row["address"]
    if not address["postalCode"].startswith("0"):
        return False
    row["address"] = {**address, "postalCode": address["postalCode"][1:]}
    return True


def _nameless(row: Row, _rng: Random) -> bool:
    row["name"] = None
    return True


def _geo_text(row: Row, _rng: Random) -> bool:
    row["geo"] = {"latitude": "non géocodé", "longitude": "non géocodé"}
    return True


_SPOILERS = (
    Spoiler("name_missing", ("name",), 0.006, _nameless, unreadable=True),
    Spoiler("coordinates_text", ("geo",), 0.006, _geo_text, unreadable=True),
    Spoiler("coordinates_swapped", ("geo",), 0.02, _geo_swapped),
    Spoiler("coordinates_zero", ("geo",), 0.02, _geo_zero),
    Spoiler("date_style", ("updatedAt",), 0.1, _old_dates),
    Spoiler("hours_leading_comma", ("openHours",), 0.06, _comma_hours),
    Spoiler("website_placeholder", (WEBSITE,), 0.06, _web),
    Spoiler("title_html", ("name",), 0.03, _html_name),
    Spoiler("postcode_lost_zero", ("address",), 0.08, _postcode),
)


def build(seed: int, places: list[ThirdPlace], numbers: Numbers, truth: Truth) -> list[Row]:
    """The elements of the map, defects planted."""
    rng = stream(seed, "gogocarto")
    rows = []
    mapped = listed(places, "gogocarto")
    twice = rng.sample(mapped, max(1, len(mapped) // 30))  # entered again by somebody else
    for number, place in enumerate(mapped + twice):
        row = _element(place, number, rng, numbers)
        tell(place, INSTANCE, row["id"], truth, names_host=bool(place.host))
        rows.append(row)
    spoil(rows, _SPOILERS, stream(seed, "gogocarto-defects"), truth, SOURCE, STREAM)
    return rows
