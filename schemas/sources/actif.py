"""Contract of an ACTIF flow: what one site needs or gives, as an adviser of a French chamber entered it.

No layout of ACTIF is published. The fields are those that French industrial-ecology practice asks of a flow
record; how a real export names them is the business of ``connectors/actif/layouts``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.sources.base import (
    USUAL_DAY,
    USUAL_TEXT,
    BoolText,
    DecimalText,
    OptionalText,
    SourceRecord,
    clean_text,
    fold,
    parse_date,
)

Sens = Literal["ENTRANT", "SORTANT"]
TypeFlux = Literal["matière", "déchet", "énergie", "eau", "équipement", "service", "compétence", "transport"]
Confidentialite = Literal["public", "réseau CCI", "privé"]
Coordonnees = Literal["absent", "sent", "swapped", "lambert93", "outside"]

SENS: Mapping[str, Sens] = MappingProxyType(
    {
        "entrant": "ENTRANT", "entrants": "ENTRANT", "entree": "ENTRANT", "e": "ENTRANT",
        "sortant": "SORTANT", "sortants": "SORTANT", "sortie": "SORTANT", "s": "SORTANT",
        "flux entrant": "ENTRANT", "flux entrants": "ENTRANT", "flux sortant": "SORTANT", "flux sortants": "SORTANT",
    }
)  # fmt: skip
TYPE_FLUX: Mapping[str, TypeFlux] = MappingProxyType(
    {
        "matiere": "matière", "matieres": "matière", "matiere premiere": "matière",
        "matieres premieres": "matière", "dechet": "déchet",
        "dechets": "déchet", "energie": "énergie", "energies": "énergie", "eau": "eau", "eaux": "eau",
        "equipement": "équipement", "equipements": "équipement", "service": "service", "services": "service",
        "competence": "compétence", "competences": "compétence", "transport": "transport",
        "transports": "transport",
    }
)  # fmt: skip
CONFIDENTIALITE: Mapping[str, Confidentialite] = MappingProxyType(
    {
        "public": "public", "publique": "public", "reseau cci": "réseau CCI", "cci": "réseau CCI",
        "reseau": "réseau CCI", "prive": "privé", "privee": "privé", "confidentiel": "privé",
    }
)  # fmt: skip


def _sens(value: Any) -> Any:
    if value is None or not fold(value):
        raise PydanticCustomError("missing", "expected ENTRANT or SORTANT (or E, S)")
    try:
        return SENS[fold(value) if isinstance(value, str) else ""]
    except KeyError:
        raise PydanticCustomError("enum", "expected ENTRANT or SORTANT (or E, S)") from None


def _type_flux(value: Any) -> Any:
    if value is None or not fold(value):
        return None
    try:
        return TYPE_FLUX[fold(value) if isinstance(value, str) else ""]
    except KeyError:
        known = ", ".join(dict.fromkeys(TYPE_FLUX.values()))
        raise PydanticCustomError("enum", "expected one of: {known}", {"known": known}) from None


def _confidentialite(value: Any) -> Confidentialite:
    """A level that is missing, unknown or doubtful ("public ?") is private: the tool is the chambers' intranet."""
    level = CONFIDENTIALITE.get(fold(value or ""), "privé")
    plain = fold(value or "") == clean_text(str(value)).casefold()
    return "privé" if level == "public" and not plain else level


def _code(value: Any) -> Any:
    """An identifier as text, also where the source sends a number (``73000``, ``120345678.0``)."""
    if isinstance(value, (date, time, timedelta)):
        raise PydanticCustomError(
            "spreadsheet_date", "the spreadsheet turned this text into a date or time; format the column as text"
        )
    if isinstance(value, (int, float, Decimal)):
        return str(value).removesuffix(".0")
    return (clean_text(value) or None) if isinstance(value, str) else value


def _quantity(value: Decimal | None) -> Decimal | None:
    if value is not None and value < 0:
        raise PydanticCustomError("greater_than_equal", "a quantity is not negative; the direction is in 'sens'")
    return value


def _moment(value: Any) -> Any:
    """The day of a moment such as ``2026-11-21T10:15:00+01:00``, ``21/11/2026 10:15`` or ``21/11/26 10h15``.

    A year of two digits, which spreadsheets write, is one of 2010 to 2099: the tool is not older.
    """
    if isinstance(value, str):
        value = re.sub(r"(?<=\d)[T ]\d{1,2}[:h].*$", "", clean_text(value))
        value = re.sub(r"^(\d{1,2}([/.])\d{1,2}\2)([1-9]\d)$", r"\g<1>20\3", value)
    return parse_date(value)


CodeText = Annotated[str | None, BeforeValidator(_code), USUAL_TEXT]
"""An identifier kept as text, malformed ones too."""
FreeText = Annotated[OptionalText, BeforeValidator(_code), USUAL_TEXT]
"""Text where a source may also send a bare number."""


class Flux(SourceRecord):
    """One incoming or outgoing flow of one site.

    ``confidentialite`` is ``privé`` where the source says nothing or something unknown, and
    ``confidentialite_declaree`` keeps what it said; only ``public`` may be shown outside the chambers.
    ``derived_*`` is what the connector worked out and never replaces what was sent.

    Attributes:
        quantite: amount per year unless ``unite`` says otherwise, in ``unite``.
        x: easting in metres, in ``systeme_coordonnees`` (French Lambert-93 unless it says otherwise).
        y: northing in metres.
        dangereux: hazard mark, where it stands in a column of its own instead of the code's asterisk.
        derived_repaired_fields: fields whose accents arrived encoded twice and were undone.
        derived_coordinates: how the two derived coordinates were found: ``sent`` as they are, ``swapped``,
            projected ``lambert93`` metres turned into degrees, ``outside`` of France and Italy (none
            derived), ``absent``.
    """

    id_flux: CodeText = None
    siret: CodeText = None
    raison_sociale: FreeText = None
    nom_site: FreeText = None
    code_naf: CodeText = None
    adresse: FreeText = None
    code_postal: CodeText = None
    commune: FreeText = None
    code_insee: CodeText = None
    latitude: DecimalText = None
    longitude: DecimalText = None
    x: DecimalText = None
    y: DecimalText = None
    systeme_coordonnees: CodeText = None
    sens: Annotated[Sens, BeforeValidator(_sens)]
    type_flux: Annotated[TypeFlux | None, BeforeValidator(_type_flux)] = None
    famille: FreeText = None
    sous_famille: FreeText = None
    libelle_flux: FreeText = None
    code_dechet: CodeText = None
    dangereux: BoolText = None
    quantite: Annotated[DecimalText, AfterValidator(_quantity)] = None
    unite: FreeText = None
    frequence: FreeText = None
    saisonnalite: FreeText = None
    etat_physique: FreeText = None
    conditionnement: FreeText = None
    valorisation_actuelle: FreeText = None
    cout: FreeText = None
    confidentialite: Annotated[Confidentialite, BeforeValidator(_confidentialite)] = "privé"
    confidentialite_declaree: FreeText = None
    date_maj: Annotated[date | None, BeforeValidator(_moment), USUAL_DAY] = None
    conseiller: FreeText = None
    cci: FreeText = None
    derived_repaired_fields: list[str] = Field(default_factory=list)
    derived_latitude: Decimal | None = Field(default=None, ge=-90, le=90)
    derived_longitude: Decimal | None = Field(default=None, ge=-180, le=180)
    derived_coordinates: Coordonnees = "absent"

    @model_validator(mode="before")
    @classmethod
    def _keep_declared_level(cls, data: Any) -> Any:
        if isinstance(data, dict) and "confidentialite" in data and "confidentialite_declaree" not in data:
            return {**data, "confidentialite_declaree": data["confidentialite"]}
        return data

    @model_validator(mode="after")
    def _has_key(self) -> Self:
        if not self.id_flux and not (self.siret and self.libelle_flux):
            raise PydanticCustomError(
                "missing_key", "expected id_flux, or siret and libelle_flux to identify the flow by"
            )
        return self

    def record_key(self) -> str:
        """``id_flux``, else a hash over SIRET, direction, label and unit (``h:…``)."""
        own = _code(self.id_flux)
        if own:
            return str(own)
        parts = [_code(self.siret), _sens(self.sens), self.libelle_flux, self.unite or ""]
        if not parts[0] or not parts[2]:
            raise ValueError("neither id_flux nor siret and libelle_flux")
        joined = "\x1f".join(clean_text(str(part)) for part in parts)
        return "h:" + hashlib.sha256(joined.encode()).hexdigest()[:32]
