"""Communecter: organisations keyed by a Mongo id, two versions of the coordinates, tags for everything."""

from __future__ import annotations

import datetime as dt
import hashlib
import html
from random import Random

from sandbox.feeds.places_common import SOURCE, STREAM, WEEK, listed, tell, word
from sandbox.truth import KEY, Row, Spoiler, Truth, spoil
from sandbox.world.chance import happens, stream
from sandbox.world.data import AREA_NAMES
from sandbox.world.places import ThirdPlace
from sandbox.world.wording import fold, slug

INSTANCE = "communecter_reseau"
SLUG = "reseauAlpes"
_TYPES = {
    "COWORKING": "Bureaux partagés / Coworking", "FABLAB_MAKERSPACE": "Fablab / Makerspace / Hackerspace",
    "CRAFT_WORKSHOP": "Ateliers artisanaux partagés",
    "LIVING_LAB": "LivingLab / Laboratoire d'innovation sociale", "FOODLAB": "Cuisine partagée / Foodlab",
    "AGRI_FOOD": "Tiers-lieu nourricier (agricole)", "CULTURAL": "Tiers-lieu culturel / lieu intermédiaire",
    "DIGITAL_INCLUSION": "Autre",
}  # fmt: skip
_SURFACES = ((60, "Moins de 60m²"), (200, "Entre 60 et 200m²"), (10**9, "Plus de 200m²"))


def _epoch(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(9, 30), dt.UTC).timestamp())


def _hours(place: ThirdPlace) -> list[object]:
    return [
        {"dayOfWeek": day, "hours": [{"opens": place.hours[day][0], "closes": place.hours[day][1]}]}
        if day in place.hours
        else ""
        for day in WEEK
    ]


def _organisation(place: ThirdPlace, rng: Random) -> Row:
    w = word(place, rng)
    mongo = hashlib.sha256(f"communecter-{place.id}".encode()).hexdigest()[:24]
    kinds = [_TYPES[kind] for kind in place.kinds]
    area = AREA_NAMES[place.site.commune.area]
    surface = next(label for limit, label in _SURFACES if place.surface < limit)
    return {
        KEY: f"{INSTANCE}:{mongo}",
        "_mongo": mongo,
        "_id": {"$id": mongo},
        "name": html.escape(w.name, quote=True),
        "slug": slug(place.name),
        "type": rng.choice(("NGO", "LocalBusiness", "Group", "Cooperative")),
        "collection": "organizations",
        "shortDescription": w.about,
        "description": f"**{w.about}**\n\n* {place.surface} m²",
        "address": {
            "@type": "PostalAddress", "streetAddress": w.street, "postalCode": w.postcode,
            "addressLocality": w.city, "addressCountry": place.country, "codeInsee": place.site.commune.code,
            "level1": "54c0965cf6b95c141800a518", "level1Name": "France", "level4": place.site.commune.area,
            "level4Name": rng.choice((area, area.upper(), fold(area).title())),
        },
        "geo": {"@type": "GeoCoordinates", "latitude": f"{w.latitude}", "longitude": f"{w.longitude}"},
        "geoPosition": {"type": "Point", "coordinates": [w.longitude, w.latitude]},
        "openingHours": _hours(place) if happens(rng, 0.5) else "",
        "typePlace": ", ".join(kinds) if happens(rng, 0.6) else kinds,
        "tags": ["TiersLieux", *kinds, "Association", surface.replace("m²", "m2") if happens(rng, 0.3) else surface],
        "openingDate": place.opened.strftime("01/%m/%Y"),
        "telephone": {"fixe": [w.phone]} if w.phone and happens(rng, 0.6) else w.phone,
        "email": w.email,
        "url": w.web,
        "socialNetwork": {"facebook": f"https://social.example/{slug(place.name)}"} if happens(rng, 0.3) else [],
        "buildingSurfaceArea": place.surface,
        "source": {"key": SLUG, "keys": [SLUG]},
        "reference": {"costum": [SLUG]},
        "preferences": {"isOpenData": True, "isOpenEdition": happens(rng, 0.5)},
        "created": _epoch(max(place.opened, dt.date(2019, 1, 7))),
        "updated": _epoch(place.updated),
    }  # fmt: skip


def _text_epoch(row: Row, _rng: Random) -> bool:
    row["updated"] = str(row["updated"])
    return True


def _disagree(row: Row, _rng: Random) -> bool:
    longitude, latitude = row["geoPosition"]["coordinates"]
    row["geoPosition"] = {"type": "Point", "coordinates": [latitude, longitude]}
    return True


def _private(row: Row, _rng: Random) -> bool:
    row["preferences"] = {**row["preferences"], "private": True}
    return True


def _plain_id(row: Row, _rng: Random) -> bool:
    row["_id"] = row["_id"]["$id"]
    return True


def _garbage_links(row: Row, _rng: Random) -> bool:
    row["socialNetwork"] = [{"platform": "undefined", "url": ""}, {"platform": "x", "url": "@alpes"}]
    return True


def _nameless(row: Row, _rng: Random) -> bool:
    row["name"] = ""
    return True


_SPOILERS = (
    Spoiler("name_missing", ("name",), 0.008, _nameless, unreadable=True),
    Spoiler("private_record", ("preferences",), 0.03, _private),
    Spoiler("coordinates_disagree", ("geoPosition",), 0.05, _disagree),
    Spoiler("epoch_as_text", ("updated",), 0.1, _text_epoch),
    Spoiler("id_as_text", ("_id",), 0.1, _plain_id),
    Spoiler("social_garbage", ("socialNetwork",), 0.05, _garbage_links),
)


def build(seed: int, places: list[ThirdPlace], truth: Truth) -> list[Row]:
    """The organisations of the network, defects planted."""
    rng, rows = stream(seed, "communecter"), []
    for place in listed(places, "communecter"):
        row = _organisation(place, rng)
        tell(place, INSTANCE, row["_mongo"], truth)
        rows.append(row)
    spoil(rows, _SPOILERS, stream(seed, "communecter-defects"), truth, SOURCE, STREAM)
    return rows
