"""Telephone, mail, web and street of a record as keys that can be compared. NULL in, NULL out; nothing is guessed."""

from __future__ import annotations

import re
from functools import lru_cache

from warehouse.matching.texts import close_gaps, fold, normalise, word_set

# Domains where anybody has a mailbox or a page: sharing one says nothing about two records.
_PUBLIC_HOSTS = word_set(
    "gmail googlemail hotmail outlook live yahoo ymail orange wanadoo free laposte sfr neuf bbox gmx protonmail proton"
    " icloud me libero virgilio alice tin tiscali tim fastwebnet inwind pec legalmail arubapec aruba msn aol riseup"
    " framalistes ik bluewin facebook instagram linkedin twitter x tiktok youtube mastodon helloasso wixsite"
    " wordpress jimdo google sites linktr openstreetmap"
)
_NATIONAL_DIGITS = range(8, 12)
_COUNTRY_PREFIX = {"33": "FR", "39": "IT", "41": "CH", "377": "MC"}
_STREET_WORDS = {
    "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard", "rte": "route",
    "r": "rue", "ch": "chemin", "che": "chemin", "pl": "place", "imp": "impasse", "all": "allee", "qu": "quai",
    "str": "strada", "fraz": "frazione", "loc": "localita", "v": "via", "vle": "viale", "pza": "piazza",
    "pzza": "piazza", "cso": "corso", "reg": "regione", "za": "zone artisanale", "zi": "zone industrielle",
    "zac": "zone activite",
}  # fmt: skip
_SMALL = word_set("de du des d la le les l di del della dei delle dello dell da n no nr")
_HOUSE = re.compile(r"\b(\d{1,4})\s*(bis|ter|quater|[a-d])?\b")


@lru_cache(maxsize=65536)
def phone_key(phone: str | None, country: str | None) -> str | None:
    """First telephone number of a text in E.164; None where it is none of France, Italy, Switzerland or Monaco."""
    if not phone:
        return None
    first = re.split(r"[|;,/]", phone, maxsplit=1)[0].replace("(0)", "")
    number = re.sub(r"[^0-9+]", "", first)
    if number.startswith("00"):
        number = "+" + number[2:]
    if number.startswith("+"):
        prefix = next((p for p in _COUNTRY_PREFIX if number[1:].startswith(p)), None)
        return number if prefix and len(number) - 1 - len(prefix) in _NATIONAL_DIGITS else None
    if country == "FR" and re.fullmatch(r"0?[1-9]\d{8}", number):
        return "+33" + number[-9:]
    if country == "IT" and re.fullmatch(r"(0\d{5,10}|3\d{8,9})", number):
        return "+39" + number
    return None


def phone_country(phone: str | None) -> str | None:
    """Country of an E.164 number."""
    return next((c for p, c in _COUNTRY_PREFIX.items() if phone and phone[1:].startswith(p)), None)


@lru_cache(maxsize=65536)
def own_host(address: str | None) -> str | None:
    """Host of a web or mail address without ``www.``; None for hosts that anybody may use."""
    if not address:
        return None
    bare = re.sub(r"^[a-z]+://", "", address.strip().lower().rsplit("@", 1)[-1])
    host = re.split(r"[/?#:\s]", bare, maxsplit=1)[0].removeprefix("www.")
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host):
        return None
    return None if set(host.split(".")[:-1]) & _PUBLIC_HOSTS else host


@lru_cache(maxsize=65536)
def street_key(street: str | None) -> str | None:
    """Street line without order, abbreviations and small words; None without a word of a name in it."""
    if not street:
        return None
    opened = [
        _STREET_WORDS.get(word, word) for word in normalise(close_gaps(street).lower().replace("c.so", "corso")).split()
    ]
    words = sorted(word for word in opened if word not in _SMALL)
    return " ".join(words) if any(word.isalpha() and len(word) > 1 for word in words) else None


@lru_cache(maxsize=65536)
def house_number(street: str | None) -> str | None:
    """House number of a street line: the first number that no word of a road name owns ("SS 25")."""
    if not street:
        return None
    bare = re.sub(r"\b(?:ss|sp|rd|rn|statale|provinciale|departementale|nationale)\s*\d+", " ", fold(street))
    bare = re.sub(r"\b\d{5}\b.*$", " ", bare)
    found = _HOUSE.search(bare)
    return (found[1].lstrip("0") + (found[2] or "")) if found else None
