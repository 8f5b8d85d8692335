"""Two worldwide directories that know some of the places: fablabs.io and OpenStreetMap."""

from __future__ import annotations

import datetime as dt
from random import Random

from sandbox.feeds.places_common import SOURCE, STREAM, listed, tell, word
from sandbox.truth import KEY, Row, Spoiler, Truth, spoil
from sandbox.world.chance import happens, stream
from sandbox.world.places import ThirdPlace
from sandbox.world.wording import slug

FABLABS, OVERPASS = "fablabs_monde", "osm_alpes"
_CAPABILITIES = ["three_d_printing", "cnc_milling", "circuit_production", "laser", "precision_milling", "vinyl_cutting"]
_TAGS = {"COWORKING": ("amenity", "coworking_space"), "FABLAB_MAKERSPACE": ("leisure", "hackerspace")}


def _lab(place: ThirdPlace, number: int, rng: Random) -> Row:
    w = word(place, rng)
    return {
        KEY: f"{FABLABS}:{number}",
        "id": number, "name": w.name, "kind_name": rng.choice(("fab_lab", "fab_lab", "mini_fab_lab", "mobile")),
        "parent_id": None, "blurb": w.about, "description": f"{w.about}. Synthetic.", "slug": slug(place.name),
        "avatar_url": None, "header_url": None, "address_1": w.street, "address_2": "", "city": w.city,
        "county": place.site.commune.area, "postal_code": w.postcode, "country_code": place.country,
        "latitude": w.latitude, "longitude": w.longitude, "address_notes": "", "phone": w.phone,
        "email": w.email, "capabilities": _CAPABILITIES, "activity_status": place.status,
        "links": [{"id": number * 10, "url": w.web}] if w.web else [],
    }  # fmt: skip


def _no_point(row: Row, _rng: Random) -> bool:
    row["latitude"] = row["longitude"] = None
    return True


def _null_island(row: Row, _rng: Random) -> bool:
    row["latitude"] = row["longitude"] = 0.0
    return True


def _rotten(row: Row, _rng: Random) -> bool:
    if row["activity_status"] == "active":
        return False
    row["activity_status"] = "active"
    return True


_LAB_SPOILERS = (
    Spoiler("coordinates_missing", ("latitude", "longitude"), 0.06, _no_point),
    Spoiler("coordinates_zero", ("latitude", "longitude"), 0.03, _null_island),
    Spoiler("status_rotten", ("activity_status",), 0.5, _rotten),
)


def labs(seed: int, places: list[ThirdPlace], truth: Truth) -> list[Row]:
    """The labs of the area in the directory, defects planted."""
    rng, rows = stream(seed, "fablabs"), []
    for number, place in enumerate(listed(places, "fablabs"), start=2301):
        rows.append(_lab(place, number, rng))
        tell(place, FABLABS, str(number), truth)
    spoil(rows, _LAB_SPOILERS, stream(seed, "fablabs-defects"), truth, SOURCE, STREAM)
    return rows


def _element(place: ThirdPlace, number: int, kind: str, rng: Random) -> Row:
    w = word(place, rng)
    key, value = _TAGS.get(place.kinds[0], ("office", "coworking"))
    tags = {
        key: value, "name": w.name, "addr:street": w.road, "addr:housenumber": w.number,
        "addr:postcode": w.postcode, "addr:city": w.city, "addr:country": place.country,
    }  # fmt: skip
    if w.web:
        tags[rng.choice(("website", "contact:website"))] = w.web
    if w.phone:
        tags[rng.choice(("phone", "contact:phone"))] = place.telephone
    if happens(rng, 0.4):
        days = list(place.hours)
        opens, closes = place.hours[days[0]]
        tags["opening_hours"] = f"{days[0]}-{days[-1]} {opens}-{closes}"
    point = {"lat": w.latitude, "lon": w.longitude}
    return {
        KEY: f"{OVERPASS}:{kind}/{number}",
        "type": kind,
        "id": number,
        **(point if kind == "node" else {"center": point}),
        "timestamp": dt.datetime.combine(place.updated, dt.time(12), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "version": rng.randrange(1, 9),
        "tags": tags,
    }


def _nameless(row: Row, _rng: Random) -> bool:
    row["tags"] = {k: v for k, v in row["tags"].items() if k != "name"}
    return True


_OSM_SPOILERS = (Spoiler("name_missing", ("tags",), 0.03, _nameless, unreadable=True),)


def elements(seed: int, places: list[ThirdPlace], truth: Truth) -> list[Row]:
    """The map's objects; every number is used twice, once for a node and once for a way."""
    rng, rows = stream(seed, "overpass"), []
    for n, place in enumerate(listed(places, "overpass")):
        row = _element(place, 900_000 + n // 2, ("node", "way")[n % 2], rng)
        rows.append(row)
        tell(place, OVERPASS, f"{row['type']}/{row['id']}", truth)
    spoil(rows, _OSM_SPOILERS, stream(seed, "overpass-defects"), truth, SOURCE, STREAM)
    return rows
