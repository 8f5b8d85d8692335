"""One third place or two, on invented listings."""

from __future__ import annotations

import random
from typing import Any

from warehouse.matching.listings import Listing, listing_of, place_words
from warehouse.matching.third_places import kilometres, resolve

LAC, NEAR, FAR = (45.9000, 6.1200), (45.9005, 6.1205), (45.9400, 6.1700)


def listing(key: str, name: str, point: tuple[float, float] | None = None, **fields: Any) -> Listing:
    """A listing in Annecy unless said otherwise; its point, if any, was placed with care."""
    row: dict[str, Any] = {
        "record_key": key, "source_id": "tiers_lieux", "name": name, "country_code": "FR", "street_address": None,
        "phone": None, "websites": [], "email_domains": [], "place_country_code": "FR", "lau_code": "74010",
        "municipality_name": "Annecy", "latitude": point and point[0], "longitude": point and point[1],
        "point_origin_code": "SOURCE" if point else "MUNICIPALITY_CENTRE", "identity_keys": None,
    }  # fmt: skip
    return listing_of({**row, **fields})


def together(*listings: Listing, **decisions: Any) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for key, basis in resolve(listings, **decisions).basis.items():
        groups.setdefault(basis, set()).add(key)
    return {frozenset(group) for group in groups.values()}


def is_one(one: Listing, other: Listing) -> bool:
    return len(together(one, other)) == 1


def test_names_without_kind_and_commune() -> None:
    assert place_words("espace coworking la cordee", "annecy") == {"cordee"}
    assert place_words("fablab annecy", "annecy") == {"fablab", "annecy"}
    assert place_words("la cordee annecy", "annecy") == {"cordee"}


def test_one_name_in_one_commune() -> None:
    assert is_one(listing("b:1", "La Fabrique"), listing("a:9", "Tiers-lieu LA FABRIQUE (fictif)"))
    assert is_one(listing("b:1", "La Fabrique"), listing("a:9", "La Fabirque"))
    assert is_one(listing("b:1", "La Cordée"), listing("a:9", "La Cord_e"))
    assert not is_one(listing("b:1", "La Fabrique"), listing("a:9", "La Fabrique", lau_code="73065"))
    assert not is_one(listing("b:1", "Coworking des Alpages"), listing("a:9", "Coworking alpestre"))


def test_kind_or_commune_alone_are_no_name() -> None:
    assert not is_one(listing("j:1", "Fablab Annecy"), listing("j:2", "Coworking Annecy"))
    assert not is_one(listing("k:1", "Fablab des Marmottes"), listing("k:2", "Atelier des Marmottes"))


def test_a_point_counts_only_where_it_was_placed_with_care() -> None:
    unplaced = {"lau_code": None, "place_country_code": None}
    assert is_one(
        listing("a:1", "La Fabrique", LAC, street_address="1 rue du Lac", **unplaced),
        listing("a:2", "La Fabrique", NEAR, street_address="1 r. du Lac", **unplaced),
    )
    assert not is_one(listing("a:1", "La Fabrique", **unplaced), listing("a:2", "La Fabrique", **unplaced))
    zero = listing("a:3", "La Fabrique", (0.0, 0.0))
    assert zero.point is None


def test_houses_of_a_chain_stay_two() -> None:
    """One name and one web site for all houses: the street tells them apart."""
    one = listing("a:1", "Réseau Cowork", LAC, street_address="1 rue du Lac", websites=["https://cowork.example"])
    two = listing("a:2", "Réseau Cowork", FAR, street_address="79 avenue Foch", websites=["https://cowork.example"])
    assert together(one, two, *_network()) == {frozenset({"a:1"}), frozenset({"a:2"})} | {
        frozenset({place.key}) for place in _network()
    }


def _network() -> list[Listing]:
    return [
        listing(f"n:{number}", name, websites=["https://cowork.example"], lau_code=f"7406{number}")
        for number, name in enumerate(("Sapin", "Torrent", "Clarines", "Refuge", "Alpage"))
    ]


def test_another_house_and_another_host_is_a_veto() -> None:
    one = listing("a:1", "La Ruche", street_address="3 rue du Lac", websites=["https://ruche.example"])
    two = listing("a:2", "La Ruche", street_address="90 rue du Lac", websites=["https://laruche.example"])
    assert not is_one(one, two)
    assert resolve([one, two]).clustering.review == ()


def test_two_countries_are_two_places() -> None:
    here = listing("a:1", "La Cascina", phone="+390110004498")
    there = listing("a:2", "La Cascina", phone="+390110004498", country_code="IT", place_country_code="IT")
    assert not is_one(here, there)


def test_id_is_that_of_the_smallest_record_and_order_has_no_effect() -> None:
    world = [listing(f"{source}:1", "La Fabrique", LAC) for source in "cab"] + _network()
    first = resolve(world)
    assert first.basis["c:1"] == "tiers_lieux|a:1"
    for seed in range(10):
        mixed = list(world)
        random.Random(seed).shuffle(mixed)
        assert resolve(mixed).basis == first.basis


def test_persons_decide() -> None:
    one, two = listing("a:1", "La Fabrique"), listing("a:2", "Atelier du Nord", lau_code="73065")
    assert together(one, two, merges=[("a:1", "a:2")]) == {frozenset({"a:1", "a:2"})}
    same = listing("a:3", "La Fabrique")
    assert together(one, same, splits=[("a:1", "a:3")]) == {frozenset({"a:1"}), frozenset({"a:3"})}


def test_great_circle() -> None:
    assert abs(kilometres((45.0, 7.0), (46.0, 7.0)) - 111.2) < 0.1
    assert kilometres(LAC, LAC) == 0


def test_houses_of_a_network_in_one_town_stay_apart() -> None:
    shared = {"websites": ["https://cafe-partage.example"]}
    assert not is_one(
        listing("a:1", "Café partagé", LAC, street_address="6 rue du Château", **shared),
        listing("a:2", "Café partagé", FAR, street_address="79 rue Haute", **shared),
    )
    assert is_one(
        listing("a:1", "Café partagé", LAC, street_address="6 rue du Château", **shared),
        listing("b:2", "Le café partagé", NEAR, street_address="6, r. du Chateau", **shared),
    )
