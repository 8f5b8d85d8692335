"""How one directory words a third place: no two of them alike."""

from __future__ import annotations

import random
from dataclasses import dataclass

from sandbox.truth import Row, Truth
from sandbox.world.chance import happens
from sandbox.world.data import place_descriptions
from sandbox.world.places import ThirdPlace
from sandbox.world.wording import commune_spelling, marked, short_street, typo, upper_plain

SOURCE, STREAM = "tiers_lieux", "lieux"
_ARTICLES = ("Le ", "La ", "L'", "Les ")
_ADDED = {"FR": ("Tiers-lieu ", "Espace "), "IT": ("Spazio ", "Hub ")}
WEEK = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


@dataclass(frozen=True)
class Wording:
    """A place in the words of one directory."""

    name: str
    street: str
    number: str
    road: str
    postcode: str
    city: str
    latitude: float
    longitude: float
    phone: str
    web: str
    email: str
    about: str
    host: str


def place_name(place: ThirdPlace, rng: random.Random) -> str:
    """The place's name, article dropped, kind put before it, in capitals or with a slip."""
    name, way = place.name, rng.randrange(100)
    article = next((a for a in _ARTICLES if name.startswith(a)), "")
    if way < 10 and article:
        name = name[len(article) :]
    elif way < 18:
        name = rng.choice(_ADDED[place.country]) + name
    elif way < 26:
        name = upper_plain(name)
    elif way < 31:
        name = typo(name, rng)
    return marked(name, place.country)


def phone_spelling(number: str, rng: random.Random) -> str:
    """The number national, with dots, with 00 or as it is."""
    country, rest = number.split(" ", 1)
    digits = rest.replace(" ", "")
    national = ("0" + digits) if country == "+33" else digits
    ways = (
        number,
        national,
        f"00{country[1:]}{digits}",
        ".".join(national[i : i + 2] for i in range(0, len(national), 2)),
    )
    return rng.choice(ways)


def word(place: ThirdPlace, rng: random.Random) -> Wording:
    """Draw one directory's wording of the place."""
    site, commune = place.site, place.site.commune
    street = short_street(site.address) if happens(rng, 0.3) else site.address
    web = rng.choice((f"https://www.{place.domain}", f"http://{place.domain}/", f"www.{place.domain}", place.domain))
    return Wording(
        place_name(place, rng), street, site.number, site.street, commune.postcode,
        commune_spelling(commune.name, rng) if happens(rng, 0.15) else commune.name,
        round(site.latitude + rng.uniform(-0.0004, 0.0004), 6),
        round(site.longitude + rng.uniform(-0.0004, 0.0004), 6),
        phone_spelling(place.telephone, rng) if happens(rng, 0.75) else "",
        web if happens(rng, 0.7) else "", f"contact@{place.domain}" if happens(rng, 0.6) else "",
        place_descriptions()[place.country][place.kinds[0]],
        marked(f"{place.host.core} {place.host.legal_form}", place.country) if place.host else "",
    )  # fmt: skip


def tell(place: ThirdPlace, instance: str, record_id: str, truth: Truth, *, names_host: bool = False) -> str:
    """Note in the truth that the instance lists the place; gives the record's key."""
    key = f"{instance}:{record_id}"
    entry = truth.third_places.setdefault(
        place.id,
        {"name": place.name, "country": place.country, "kinds": list(place.kinds), "status": place.status,
         "host": place.host.id if place.host else None, "records": []},
    )  # fmt: skip
    entry["records"].append({"source": SOURCE, "stream": STREAM, "key": key})
    truth.saw_address(place.site, SOURCE, STREAM, key)
    if place.host and names_host:
        truth.saw_organisation(place.host, SOURCE, STREAM, key, "host")
    return key


def listed(places: list[ThirdPlace], feed: str) -> list[ThirdPlace]:
    """The places that a directory lists."""
    return [place for place in places if feed in place.feeds]


def swap_geo(row: Row, latitude: str, longitude: str) -> bool:
    """Exchange the two coordinates of a flat row."""
    row[latitude], row[longitude] = row[longitude], row[latitude]
    return True
