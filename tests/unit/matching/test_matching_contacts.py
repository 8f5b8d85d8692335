"""Telephones, hosts and streets as keys."""

from __future__ import annotations

import pytest

from warehouse.matching.contacts import house_number, own_host, phone_country, phone_key, street_key


@pytest.mark.parametrize(
    ("phone", "country", "key"),
    [
        ("04 65 71 98 30", "FR", "+33465719830"),
        ("04.65.71.98.30 / 06 12 34 56 78", "FR", "+33465719830"),
        ("0033465719830", None, "+33465719830"),
        ("+33 (0)4 65 71 98 30", "IT", "+33465719830"),
        ("465719830", "FR", "+33465719830"),
        ("011 0004498", "IT", "+390110004498"),
        ("+39 011 0004498", "FR", "+390110004498"),
        ("+41 27 123 45 67", None, "+41271234567"),
        ("4.65E+08", "FR", None),
        ("", "FR", None),
        (None, "FR", None),
        ("0465719830", None, None),
    ],
)
def test_phone(phone: str | None, country: str | None, key: str | None) -> None:
    assert phone_key(phone, country) == key


def test_country_of_a_number() -> None:
    assert phone_country("+33465719830") == "FR"
    assert phone_country("+390110004498") == "IT"
    assert phone_country(None) is None


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.fabrique.example/contact?x=1", "fabrique.example"),
        ("info@fabrique.example", "fabrique.example"),
        ("WWW.Fabrique.Example", "fabrique.example"),
        ("marie@gmail.com", None),
        ("https://facebook.com/fabrique", None),
        ("https://fabrique.wordpress.com", None),
        ("n.c.", None),
        ("", None),
        (None, None),
    ],
)
def test_host(address: str | None, host: str | None) -> None:
    assert own_host(address) == host


def test_street_is_the_same_in_every_spelling() -> None:
    assert street_key("av. du Lac, 3") == street_key("3 avenue du Lac") == "3 avenue lac"
    assert street_key("C.so Nizza 12") == street_key("corso Nizza, 12")
    assert street_key("156 rte Napoléon") == street_key("156 route Napoléon")
    assert street_key("12") is None
    assert street_key(None) is None


@pytest.mark.parametrize(
    ("street", "number"),
    [("12 bis rue du Lac", "12bis"), ("Via Garibaldi, 101", "101"), ("Strada Statale 25, 125", "125"),
     ("007 quai", "7"), ("Lieu-dit La Plaine", None), (None, None)],
)  # fmt: skip
def test_house_number(street: str | None, number: str | None) -> None:
    assert house_number(street) == number
