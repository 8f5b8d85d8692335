"""One cell of a mapped column → the value of its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from connectors.core.errors import Defect
from connectors.core.formats import Cell
from connectors.synergie.days import read_day, read_month, read_period
from connectors.synergie.values import (
    Reading,
    Style,
    currency_of,
    read_amount,
    read_flag,
    read_number,
    read_percent,
    tidy,
)
from schemas.sources.base import clean_text
from schemas.sources.synergie import DATE_FIELDS

_RATES = frozenset(("taux_affectation", "taux_change"))
AMOUNT_FIELDS = frozenset(
    ("montant_ht", "montant_tva", "montant_ttc", "montant_declare", "montant_certifie", "montant_ecarte",
     "montant_demande", "montant_total", "feder", "cpn", "autofinancement")
)  # fmt: skip
MANDATORY = frozenset(("code_projet", "partenaire", "numero_demande"))
_REJECTING = AMOUNT_FIELDS | DATE_FIELDS | MANDATORY | _RATES
_FLAGS = frozenset(("tva_recuperable", "donnees_sensibles"))
_COUNTERS = frozenset(("code_projet", "numero_depense", "numero_demande", "code_wp", "annee"))
_IDENTIFIERS = frozenset(("fournisseur_id", "cup"))
_LEAD = frozenset(("lp", "chef de file", "capofila", "lead partner", "lead"))
_PARTNER = frozenset(("pp", "partenaire", "partner", "project partner", "beneficiaire", "bénéficiaire", "beneficiario"))
_PROJECT_LEVEL = ("projet", "progetto", "project", "globale", "chef de file", "capofila", "lead")
_SHOWN = 200


class Converter:
    """Reads the cells of one table; knows the habits of its columns.

    Args:
        styles: field → how its column writes amounts.
        percent_columns: fields whose column counts in percent, see ``read_percent``.
        date_1904: see ``read_day``.
    """

    def __init__(self, styles: Mapping[str, Style], percent_columns: frozenset[str], *, date_1904: bool) -> None:
        self._styles, self._percent, self._date_1904 = styles, percent_columns, date_1904
        self._special: dict[str, Callable[[Any], Reading]] = {
            "taux_change": read_number,
            "mois_change": read_month,
            "role_partenaire": _read_role,
            "niveau": _read_level,
            "devise": _read_currency,
        }

    def read(self, name: str, value: Any) -> Reading:
        """The value of field ``name``."""
        if name in AMOUNT_FIELDS:
            return read_amount(value, self._styles.get(name, Style()))
        if name in DATE_FIELDS:
            return read_day(value, date_1904=self._date_1904)
        if name == "taux_affectation":
            return read_percent(value, column_in_percent=name in self._percent)
        if name in _FLAGS:
            return read_flag(value)
        return self._special.get(name, lambda cell: _read_text(name, cell))(value)

    def period(self, value: Any) -> tuple[Reading, Reading]:
        """First and last day of a period in one cell."""
        first, last = read_period(value)
        return self.read("periode_debut", first), self.read("periode_fin", last)


def defect_of(name: str, cell: Cell) -> Defect | None:
    """The reason to reject a record because of a cell that has no value although it is not empty.

    Only numbers, days and mandatory texts reject; another text is left empty with a warning.
    """
    if cell.defect is None or name not in _REJECTING:
        return None
    if cell.defect == "formula_without_value":
        return Defect(
            name,
            None,
            "formula_without_value",
            "the cell holds a formula whose result was never stored; open the file in a spreadsheet program, "
            "let it calculate and save it again",
        )
    return Defect(name, cell.defect, "error_cell", f"the cell shows {cell.defect}; correct the formula")


def as_text(value: Any) -> str | None:
    """A cell as text: numbers as Excel shows them without format, days as ISO."""
    if isinstance(value, str):
        plain = value.isascii() and value.isprintable()
        return (value.strip() if plain else clean_text(value)) or None
    if isinstance(value, float):
        return f"{tidy(Decimal(repr(value))).normalize():f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return None if value is None else clean_text(str(value)) or None


def _read_text(name: str, value: Any) -> Reading:
    text = as_text(value)
    if text is None:
        return Reading(None)
    notes: list[str] = []
    if isinstance(value, (date, time)):
        notes.append("date_dans_texte")
    if "\ufffd" in text:
        notes.append("accents_perdus")
    if name in _COUNTERS | _IDENTIFIERS and text.endswith((".0", ",0")) and text[:-2].isdigit():
        text, notes = text[:-2], [*notes, "code_decimal"]
    if name in _IDENTIFIERS and isinstance(value, (int, float)):
        notes.append("identifiant_en_nombre")
    return Reading(text, tuple(notes))


def _read_role(value: Any) -> Reading:
    text = (as_text(value) or "").lower()
    if text in _LEAD:
        return Reading("LP")
    if text in _PARTNER:
        return Reading("PP")
    flag = read_flag(value)
    if flag.value is None:
        return Reading(None, ("role_inconnu",) if text else ())
    return Reading("LP" if flag.value else "PP")


def _read_currency(value: Any) -> Reading:
    """The ISO code of a currency that is known; another one as it is written."""
    text = as_text(value)
    return Reading(text and (currency_of(text) or text))


def _read_level(value: Any) -> Reading:
    text = (as_text(value) or "").lower()
    return Reading("projet" if any(word in text for word in _PROJECT_LEVEL) else "partenaire")


def shorten(value: Any) -> str | None:
    """A cell for a warning or a message, at most 200 characters."""
    text = as_text(value)
    return text if text is None else text[:_SHOWN]
