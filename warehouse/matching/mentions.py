"""What a source says about an organisation, made comparable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from warehouse.matching.contacts import own_host, phone_country, phone_key, street_key
from warehouse.matching.texts import clean, close_gaps, normalise, word_set

_LEGAL_WORDS = word_set(
    "sa sas sasu sarl eurl earl sci scic scop snc gie gaec sem spl scp selarl spa srl srls sapa ss coop soc cooperativa"
    " societa societe sarls onlus aps ets odv asd onlus ditta impresa individuale entreprise ltd gmbh ag"
)
_SMALL_WORDS = word_set(
    "a al alla alle au aux d da de dei degli del dell della delle des di du e ed en et gli i il l la le les lo per un"
    " una s"
)
_BRANCH = re.compile(
    r"\b(?:sede secondaria|unita locale|succursale|filiale|etablissement secondaire|bureau italien|bureau de liaison)"
    r"(?: (?:italiana|italienne|francese|francaise|in italia|in francia|d italie|de france))?\b"
)


@dataclass(frozen=True)
class Mention:
    """One thing that a source says about an organisation; the unit of clustering.

    Attributes:
        key: id of the mention.
        anchor: smallest record that says it, ``source|record key``; ids of clusters are made of it.
        record: the same with the role in which the record names it; decisions of persons are kept by it.
        words: words of the name without legal form, small words and remarks.
        is_branch: the name says that this is the seat of a body of another country.
        numbers: valid official numbers as ``register:number``.
        damaged: numbers that fail their check, digits only.
        place: ``country|municipality``; None where it is not known.
        street: street as a key; None where it is not known.
    """

    key: str
    anchor: str
    record: str
    name: str
    words: frozenset[str]
    country: str | None
    is_branch: bool = False
    legal_form: str | None = None
    numbers: frozenset[str] = frozenset()
    damaged: frozenset[str] = frozenset()
    place: str | None = None
    street: str | None = None
    phone: str | None = None
    hosts: frozenset[str] = frozenset()


def mention_of(row: Mapping[str, object]) -> Mention:
    """A mention from a row with the columns of ``run.MENTIONS``."""
    country = _text(row, "country_code")
    # A listing that gives the number of its operator and not its name is named after the place.
    is_place_name = row["role"] == "third_place_operator" and row["name"] == row["site_name"]
    bare = "" if is_place_name else normalise(close_gaps(re.sub(r"\([^)]*\)", " ", clean(str(row["name"])))))
    name = " ".join(_BRANCH.sub(" ", bare).split())
    place = f"{row['place_country_code']}|{row['lau_code']}" if row.get("lau_code") else None
    hosts = {own_host(_text(row, "email_given")), own_host(_text(row, "website_given"))}
    return Mention(
        key=str(row["mention_id"]),
        anchor=str(row["member_key"]),
        record=f"{row['member_key']}|{str(row['role']).split(':')[0]}",
        name=name,
        words=name_words(name),
        country=country,
        is_branch=name != bare,
        legal_form=_text(row, "legal_form_code"),
        numbers=frozenset(_list(row, "identity_keys")),
        damaged=frozenset(re.sub(r"\D", "", value) for value in _list(row, "damaged")) - {""},
        place=place,
        street=street_key(_text(row, "street_given")),
        phone=phone_key(_text(row, "phone_given"), country),
        hosts=frozenset(host for host in hosts if host),
    )


def is_foreign_seat(mention: Mention) -> bool:
    """Whether this is said of a seat in another country than the body's own: by its name, or by its telephone."""
    calls_from = phone_country(mention.phone)
    return mention.is_branch or bool(calls_from and mention.country and calls_from != mention.country)


def _text(row: Mapping[str, object], name: str) -> str | None:
    value = row.get(name)
    return str(value) if value is not None else None


def _list(row: Mapping[str, object], name: str) -> list[str]:
    value = row.get(name)
    return [str(part) for part in value] if isinstance(value, (list, tuple)) else []


def name_words(name: str) -> frozenset[str]:
    """Words of a normalised name that tell it from others; all of them where nothing else is left."""
    words = name.split()
    kept = frozenset(word for word in words if word not in _LEGAL_WORDS and word not in _SMALL_WORDS and len(word) > 1)
    return kept or frozenset(words)
