"""Contract of an Elenco Sottoprodotti entry: one by-product of one local unit in one role.

The fields follow the registration form as the chambers of commerce describe it (DM 264/2016, art. 10). The form
has no quantity, no waste code and no season; what the free text says of them stands in ``derived_*`` fields.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.sources.base import USUAL_DAY, OptionalText, SourceRecord, clean_text, fold, parse_date

Qualifica = Literal["PRODUTTORE", "UTILIZZATORE"]
QUALIFICA: Mapping[str, Qualifica] = MappingProxyType(
    {
        "produttore": "PRODUTTORE", "produttori": "PRODUTTORE", "p": "PRODUTTORE",
        "utilizzatore": "UTILIZZATORE", "utilizzatori": "UTILIZZATORE", "u": "UTILIZZATORE",
        "riutilizzatore": "UTILIZZATORE", "riutilizzatori": "UTILIZZATORE",
    }
)  # fmt: skip
_NOTHING = frozenset({"-", "–", "—", "n.d.", "nd", "n/d", "non disponibile", "non indicato", "non presente"})


def _text(value: Any) -> Any:
    """Text without the signs that registers print for "nothing"."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        value = clean_text(value)
        return None if value.casefold() in _NOTHING else value or None
    return value


def _qualifica(value: Any) -> Any:
    if value is None or not fold(value):
        raise PydanticCustomError("missing", "expected PRODUTTORE or UTILIZZATORE")
    # "Sezione produttori", "Produttore di sottoprodotti"
    word = fold(value).removeprefix("sezione ").removesuffix(" di sottoprodotti")
    try:
        return QUALIFICA[word]
    except KeyError:
        raise PydanticCustomError("enum", "expected PRODUTTORE or UTILIZZATORE (RIUTILIZZATORE)") from None


def _day(value: Any) -> Any:
    """A year of two digits, which spreadsheets write, is one of 2017 to 2099: the register is not older."""
    if isinstance(value, str):
        value = re.sub(r"^(\d{1,2}([/.])\d{1,2}\2)(1[7-9]|[2-9]\d)$", r"\g<1>20\3", clean_text(value))
    return parse_date(value)


def _required(value: str | None) -> str | None:
    if value is None:
        raise PydanticCustomError("missing", "expected the by-product's name")
    return value


Plain = Annotated[OptionalText, BeforeValidator(_text)]
"""Text, identifiers as sent included, or nothing."""
Confidence = Annotated[float | None, Field(ge=0, le=1)]
"""How sure the extraction is, 0 to 1."""


class Iscrizione(SourceRecord):
    """One by-product that one local unit produces or uses.

    A unit that is both producer and user is registered twice: these are two records, not a duplicate.

    Attributes:
        id_iscrizione: the register's own reference of the entry, as its links or extract carry it.
        ordine: 1, or 2 and up for further by-products of the entry with the same name and activity.
        codice_ateco: activity of the process that generates or uses the by-product, not of the company.
        derived_repaired_fields: fields whose accents arrived encoded twice and were undone.
        derived_has_attachment: what ``allegato`` means: yes or no in words, or the address of a file.
        derived_quantity: amount the texts state, None for a range; unit and period in their own fields.
        derived_eer_codes: waste codes the texts mention, six digits. The register does not say that the
            by-product is waste; a code is this platform's reading.
        derived_season_months: months of availability, 1 to 12.
    """

    id_iscrizione: Plain = None
    numero_iscrizione: Plain = None
    ragione_sociale: Plain = None
    codice_fiscale: Plain = None
    partita_iva: Plain = None
    n_rea: Plain = None
    cciaa: Plain = None
    unita_locale: Plain = None
    indirizzo: Plain = None
    cap: Plain = None
    comune: Plain = None
    provincia: Plain = None
    regione: Plain = None
    telefono: Plain = None
    email: Plain = None
    pec: Plain = None
    sito: Plain = None
    qualifica: Annotated[Qualifica, BeforeValidator(_qualifica)]
    codice_ateco: Plain = None
    descrizione_attivita: Plain = None
    nome_commerciale_sottoprodotto: Annotated[Plain, AfterValidator(_required)]
    descrizione_sottoprodotto: Plain = None
    allegato: Plain = None
    data_iscrizione: Annotated[date | None, BeforeValidator(_day), USUAL_DAY] = None
    stato: Plain = None
    ordine: Annotated[int, Field(ge=1)] = 1
    derived_repaired_fields: list[str] = Field(default_factory=list)
    derived_has_attachment: bool | None = None
    derived_quantity: Decimal | None = None
    derived_quantity_min: Decimal | None = None
    derived_quantity_max: Decimal | None = None
    derived_quantity_unit: Literal["t", "q", "kg", "m3", "hl", "l", "kWh", "MWh", "u"] | None = None
    derived_quantity_period: Literal["year", "month", "week", "day", "season", "hour"] | None = None
    derived_quantity_text: OptionalText = None
    derived_quantity_confidence: Confidence = None
    derived_eer_code: Annotated[str, Field(pattern=r"^\d{6}$")] | None = None
    derived_eer_codes: list[str] = Field(default_factory=list)
    derived_eer_hazardous: bool | None = None
    derived_eer_text: OptionalText = None
    derived_eer_confidence: Confidence = None
    derived_season_months: list[Annotated[int, Field(ge=1, le=12)]] = Field(default_factory=list)
    derived_season_text: OptionalText = None
    derived_season_confidence: Confidence = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self._unit() is None:
            raise PydanticCustomError(
                "missing_key", "expected id_iscrizione, numero_iscrizione, or codice_fiscale with comune"
            )
        return self

    def _unit(self) -> str | None:
        """What identifies the entry: its reference, its number, or the company and the unit's address."""
        if own := _text(self.id_iscrizione) or _text(self.numero_iscrizione):
            return str(own)
        company, place = _text(self.codice_fiscale), _text(self.comune)
        return "h:" + _hash(company, place, _text(self.indirizzo)) if company and place else None

    def record_key(self) -> str:
        """``<entry>:<P|U>:<hash of by-product name, activity and ordine>``."""
        unit = self._unit()
        if unit is None:
            raise ValueError("nothing identifies the entry")
        product = _hash(_text(self.nome_commerciale_sottoprodotto), _text(self.codice_ateco), self.ordine)
        return f"{unit}:{_qualifica(self.qualifica)[0]}:{product}"


def _hash(*parts: object) -> str:
    return hashlib.sha256("\x1f".join("" if part is None else str(part) for part in parts).encode()).hexdigest()[:16]
