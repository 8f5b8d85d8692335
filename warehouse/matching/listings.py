"""What a directory says about a third place, made comparable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from warehouse.matching.contacts import house_number, own_host, phone_key, street_key
from warehouse.matching.texts import clean, close_gaps, normalise, word_set

# Words that any place may have before its name.
_PLAIN_WORDS = word_set("tiers lieu lieux tierslieu espace spazio place")
# What a place is, not which one. Two places of one name and of two kinds may be neighbours.
_KIND_WORDS = word_set(
    "fablab coworking cowork makerspace hackerspace hub living lab foodlab cafe caffe maison casa atelier laboratorio"
    " incubateur incubatore ressourcerie friche"
)
_SMALL_WORDS = word_set("a al alla au aux d da de dei del della des di du e en et i il l la le les lo un una s")
# France and Italy with their neighbours: south, north, west, east.
_BOX = (35.0, 52.0, -6.0, 19.0)


@dataclass(frozen=True)
class Listing:
    """One entry of a directory.

    Attributes:
        words: words of the name that tell it from others in its municipality.
        kinds: words of the name that say what kind of place it is.
        place: ``country|municipality``.
        point: latitude and longitude where the source placed it with care, not at the seat of its municipality.
        operators: official numbers of who runs it.
    """

    key: str
    anchor: str
    name: str
    words: frozenset[str]
    country: str | None
    kinds: frozenset[str] = frozenset()
    place: str | None = None
    street: str | None = None
    house: str | None = None
    point: tuple[float, float] | None = None
    phone: str | None = None
    hosts: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()


def listing_of(row: Mapping[str, object]) -> Listing:
    """A listing from a row with the columns of ``run.LISTINGS``."""
    country = _text(row, "country_code")
    name = normalise(close_gaps(re.sub(r"\([^)]*\)", " ", clean(str(row["name"])))))
    hosts = {own_host(host) for column in ("websites", "email_domains") for host in _list(row, column)}
    street = _text(row, "street_address")
    point = _point(row) if row.get("point_origin_code") == "SOURCE" else None
    return Listing(
        key=str(row["record_key"]),
        anchor=f"{row['source_id']}|{row['record_key']}",
        name=name,
        words=place_words(name, normalise(_text(row, "municipality_name") or "")),
        country=_text(row, "place_country_code") or country,
        kinds=frozenset(name.split()) & _KIND_WORDS,
        place=f"{row['place_country_code']}|{row['lau_code']}" if row.get("lau_code") else None,
        street=street_key(street),
        house=house_number(street),
        point=point,
        phone=phone_key(_text(row, "phone"), country),
        hosts=frozenset(host for host in hosts if host),
        operators=frozenset(_list(row, "identity_keys")),
    )


def _point(row: Mapping[str, object]) -> tuple[float, float] | None:
    """A point in or around France and Italy; directories of the world hold defaults elsewhere."""
    if row.get("latitude") is None or row.get("longitude") is None:
        return None
    latitude, longitude = float(str(row["latitude"])), float(str(row["longitude"]))
    inside = _BOX[0] < latitude < _BOX[1] and _BOX[2] < longitude < _BOX[3]
    return (latitude, longitude) if inside else None


def _text(row: Mapping[str, object], name: str) -> str | None:
    value = row.get(name)
    return str(value) if value is not None else None


def _list(row: Mapping[str, object], name: str) -> list[str]:
    value = row.get(name)
    return [str(part) for part in value] if isinstance(value, (list, tuple)) else []


def place_words(name: str, municipality: str = "") -> frozenset[str]:
    """Words of a normalised name that tell it from others.

    Neither its kind nor its municipality does, unless there is nothing else ("Fablab Annecy").
    """
    words = [word for word in name.split() if word not in _SMALL_WORDS and word not in _PLAIN_WORDS]
    own = frozenset(words) - _KIND_WORDS - frozenset(municipality.split())
    return own or frozenset(words) or frozenset(name.split())
