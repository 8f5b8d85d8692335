"""Contracts of the third-place source: one place (``Lieu``) and one news item (``Actualite``).

The source is many platforms with one mapping each, so these contracts speak one vocabulary of their own, in
French: the mapping of an instance leads from the platform's columns to these names. Values stay as the
platform sends them (postcodes without their zero, addresses of web sites without scheme, terms of its own
vocabulary): repair and coding belong to the harmonisation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from schemas.sources.base import DateText, OptionalText, SourceRecord, clean_text, parse_date, parse_decimal

Statut = Literal["planned", "active", "closed", "unknown"]
MAX_LATITUDE, MAX_LONGITUDE = Decimal(90), Decimal(180)
FIRST_CREDIBLE_DAY = date(1970, 1, 2)
_YEAR_MONTH = re.compile(r"(1[89]|20)\d\d(-(0[1-9]|1[0-2]))?")


def _required(value: Any) -> Any:
    text = clean_text(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not text:
        raise PydanticCustomError("missing_value", "a value is required here")
    return text


def _texts(value: Any) -> Any:
    """A list of distinct, non-blank texts in the order of the source."""
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise PydanticCustomError("text_list", "expected a list of texts")
    cleaned = (clean_text(str(item)) for item in value if item is not None)
    return tuple(dict.fromkeys(text for text in cleaned if text))


def _within(limit: Decimal) -> AfterValidator:
    def check(value: Decimal | None) -> Decimal | None:
        if value is not None and abs(value) > limit:
            raise PydanticCustomError(
                "coordinate_range", "expected degrees between -{limit} and {limit}", {"limit": str(limit)}
            )
        return value

    return AfterValidator(check)


def _no_epoch(value: date | None) -> date | None:
    """The first of January 1970 is how computers write "no date"."""
    return value if value is None or value >= FIRST_CREDIBLE_DAY else None


def _partial_day(value: Any) -> Any:
    """A day, a month or only a year, in ISO 8601: ``2019-05-12``, ``2019-05``, ``2019``."""
    if value is None or isinstance(value, date):
        return value and value.isoformat()[:10]
    text = clean_text(str(value))
    if not text:
        return None
    if _YEAR_MONTH.fullmatch(text):
        return text
    try:
        day = parse_date(text)
    except PydanticCustomError as error:
        raise PydanticCustomError("partial_date_text", "expected a day, a month (2019-05) or a year (2019)") from error
    return day.isoformat()


def _instant(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise PydanticCustomError(
            "instant_text",
            "expected a day and time such as 2026-11-21T10:00:00+01:00 or Sat, 21 Nov 2026 10:00:00 +0100",
        ) from error


RequiredText = Annotated[str, BeforeValidator(_required)]
"""Text that may not be blank; whole numbers are taken as text."""
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
"""Distinct texts in the source's order."""
Latitude = Annotated[Decimal | None, BeforeValidator(parse_decimal), _within(MAX_LATITUDE)]
"""Degrees north, WGS 84, or nothing. Never 0 for "missing"."""
Longitude = Annotated[Decimal | None, BeforeValidator(parse_decimal), _within(MAX_LONGITUDE)]
"""Degrees east, WGS 84, or nothing."""
Share = Annotated[Decimal | None, BeforeValidator(parse_decimal)]
"""A score between 0 and 1 as the source states it, or nothing."""
UpdateDay = Annotated[DateText, AfterValidator(_no_epoch)]
"""A day of change; an unset one is nothing, never 1970."""
PartialDay = Annotated[str | None, BeforeValidator(_partial_day)]
"""A day, month or year as ISO 8601 text, or nothing: sources often know only the year."""
Instant = Annotated[AwareDatetime | None, BeforeValidator(_instant)]
"""An instant with its zone, or nothing."""


class ReseauSocial(BaseModel):
    """A presence on a social network.

    Attributes:
        reseau: name of the network as the source has it, lower case; None when it only sends an address.
        adresse: address or account name, as sent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    reseau: OptionalText = None
    adresse: RequiredText


class Lieu(SourceRecord):
    """One third place as one instance describes it.

    Attributes:
        instance: id of the instance (one map, one file, one feed) in the deployment's settings.
        identifiant: the platform's own id; unique within the instance, not always stable over time.
        nom: name without markup.
        description: plain text without markup.
        langue: language the source declares for its texts (ISO 639-1), None where it says nothing.
        types: kinds of place, the source's own terms.
        adresse: street line; ``complement_adresse`` what comes beside it.
        code_postal: as sent; leading zeros may be missing, a lone ``0`` is nothing.
        code_commune: INSEE (France) or ISTAT (Italy) code as sent.
        departement: département or provincia, code or name as sent; ``region`` likewise.
        pays: country as sent, often an ISO 3166 code.
        latitude: degrees north, WGS 84.
        longitude: degrees east, WGS 84.
        precision_geocodage: score of the source's own geocoding, 0 to 1.
        telephone: as sent; several are separated by `` | ``.
        courriels: mail addresses; placeholders such as ``hidden`` are left out.
        sites_web: addresses as sent, with or without scheme.
        horaires: opening hours as text, as sent.
        horaires_osm: opening hours in the syntax of OpenStreetMap, where the source sends them so or in a
            structure that says the same.
        services: what the place offers, the source's own terms.
        publics: whom it addresses, the source's own terms.
        siret: establishment number or other pivot (RNA, partita IVA) as sent, also when malformed.
        structure_porteuse: name of the organisation that runs the place.
        date_ouverture: opening of the place, ISO 8601 text: a day, a month or only a year.
        date_creation: creation of the sheet in the source.
        date_maj: last change of the sheet in the source; None where the source has no such date.
        statut: ``unknown`` where the source says nothing.
        source_url: page of the place at the source.
        licence: terms under which the instance may be reused, with the ``attribution`` to show.
        redistribuable: the licence lets others receive this record; false keeps it out of publications.
        perimetre: what the instance's listing covers (its query, or words of whoever configured it).
        champs_inconnus: columns the instance sends and its mapping does not know.
        avertissements: doubts about the record, by rule name (``coordonnees_nulles``, ``texte_degrade``…).
    """

    KEY = ("instance", "identifiant")  # ids are unique within their instance only

    instance: RequiredText
    identifiant: RequiredText
    nom: RequiredText
    description: OptionalText = None
    langue: OptionalText = None
    types: Texts = ()
    adresse: OptionalText = None
    complement_adresse: OptionalText = None
    code_postal: OptionalText = None
    commune: OptionalText = None
    code_commune: OptionalText = None
    departement: OptionalText = None
    region: OptionalText = None
    pays: OptionalText = None
    latitude: Latitude = None
    longitude: Longitude = None
    precision_geocodage: Share = None
    telephone: OptionalText = None
    courriels: Texts = ()
    sites_web: Texts = ()
    reseaux_sociaux: tuple[ReseauSocial, ...] = ()
    horaires: OptionalText = None
    horaires_osm: OptionalText = None
    services: Texts = ()
    publics: Texts = ()
    siret: OptionalText = None
    structure_porteuse: OptionalText = None
    date_ouverture: PartialDay = None
    date_creation: UpdateDay = None
    date_maj: UpdateDay = None
    statut: Statut = "unknown"
    source_url: OptionalText = None
    licence: RequiredText
    attribution: RequiredText
    redistribuable: bool = True
    perimetre: OptionalText = None
    champs_inconnus: Texts = ()
    avertissements: Texts = ()


class Actualite(SourceRecord):
    """One news item of one feed. Authors are personal data and are not taken.

    Attributes:
        instance: id of the instance (one feed) in the deployment's settings.
        guid: the item's id at the source; its link where it has none; a hash of title and date where it
            has neither.
        titre: title without markup.
        resume: summary as plain text.
        contenu_html_sanitise: content reduced to harmless markup.
        url: page of the item.
        langue: language the feed or item declares, None where it says nothing.
        categories: the source's own terms.
        date_publication: first publication, with zone.
        date_maj: last change, with zone.
        lieu_reference: identifier of the place the item is about, where the source links them.
        licence: terms under which the feed may be reused, with the ``attribution`` to show.
        redistribuable: the licence lets others receive this item; false keeps it out of publications.
        champs_inconnus: fields the feed sends and its mapping does not know.
        avertissements: doubts about the item, by rule name (``fuseau_absent``, ``texte_degrade``…).
    """

    KEY = ("instance", "guid")  # ids are unique within their feed only

    instance: RequiredText
    guid: RequiredText
    titre: RequiredText
    resume: OptionalText = None
    contenu_html_sanitise: OptionalText = None
    url: OptionalText = None
    langue: OptionalText = None
    categories: Texts = ()
    date_publication: Instant = None
    date_maj: Instant = None
    lieu_reference: OptionalText = None
    licence: RequiredText
    attribution: RequiredText
    redistribuable: bool = True
    champs_inconnus: Texts = ()
    avertissements: Texts = ()
