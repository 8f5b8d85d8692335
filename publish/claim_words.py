"""Words and figures of the claim report in one language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, Literal

import yaml

from connectors.synergie.headings import usual_heading
from publish.reject_texts import explain
from publish.site_text import TEMPLATES
from schemas.canonical.model import Model, load_model

Language = Literal["fr", "it", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "it", "en")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_AMOUNT = re.compile(r"-?\d+\.\d{2}")
_FINER = re.compile(r"-?\d+\.\d{3,}")
_PERCENT = re.compile(r"(-?\d+\.\d{2}) %")
_MARKS: Mapping[Language, tuple[str, str]] = {"fr": ("\u202f", ","), "it": (".", ","), "en": (",", ".")}
"""Thousands mark and decimal mark."""


@cache
def _texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = yaml.safe_load((TEMPLATES / "claim.yml").read_text(encoding="utf-8"))
    return texts


@dataclass(frozen=True)
class Words:
    """Everything that is written, in ``language``."""

    language: Language

    def __call__(self, key: str) -> str:
        """The text called ``key``.

        Raises:
            KeyError: there is no such text.
        """
        return _texts()[key][self.language]

    @property
    def colon(self) -> str:
        """A colon as the language sets it: French leaves a space before."""
        return "\u00a0: " if self.language == "fr" else ": "

    @cached_property
    def _model(self) -> Model:
        return load_model()

    @cached_property
    def _columns(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for table in ("expense", "claim", "budget", "partner", *sorted(self._model.tables)):
            for column in self._model.tables[table].columns:
                names.setdefault(column.name, column.label.get(self.language))
        return names

    def code(self, code_list: str, code: str | None) -> str:
        """Label of a code; an unknown one as it is, nothing for None."""
        if code is None:
            return ""
        try:
            return self._model.code_lists[code_list].find(code).label.get(self.language)
        except KeyError:
            return code

    def field(self, name: str) -> str:
        """Label of a field, by its name in the canonical model or among our own texts."""
        own = _texts().get(f"field_{name}")
        return own[self.language] if own else self._columns.get(name, name)

    def amount(self, value: Decimal | None) -> str:
        """``1 234,56`` in the manner of the language, two decimals; nothing for None."""
        if value is None:
            return ""
        thousands, mark = _MARKS[self.language]
        whole, _, cents = f"{abs(value):,.2f}".partition(".")
        return f"{'-' if value < 0 else ''}{whole.replace(',', thousands)}{mark}{cents}"

    def number(self, value: Decimal) -> str:
        """``85`` or ``87,5``: no more decimals than the number has."""
        return f"{value.normalize():f}".replace(".", _MARKS[self.language][1])

    def day(self, value: date | None) -> str:
        """``21/11/2026``; nothing for None."""
        return "" if value is None else f"{value:%d/%m/%Y}"

    def value(self, text: str | None, field_name: str = "") -> str:
        """A value of a finding: amounts, days, periods and codes are written for people, other texts stay."""
        if text is None:
            return ""
        if field_name == "cost_method_code":
            return ", ".join(self.code("cost_method", part) for part in text.split(", "))
        if _AMOUNT.fullmatch(text):
            return self.amount(Decimal(text))
        if field_name.startswith("amount_") and _FINER.fullmatch(text):  # another reading: 2.345 is not 2.35
            return text.replace(".", _MARKS[self.language][1])
        if percent := _PERCENT.fullmatch(text):
            return f"{self.amount(Decimal(percent[1]))} %"
        return _period(text)

    def rejects(self, errors: Sequence[Mapping[str, Any]], *, with_value: bool) -> str:
        """What is wrong with a line that could not be read, and what its owner can do; one sentence a field.

        Args:
            errors: ``field``, ``rule``, ``message`` and ``value`` of each error of a reject, the first cause first.
            with_value: show what stood in the cell; not where others than its owner read along.
        """
        by_field = {error["field"]: error for error in reversed(errors)}
        return " ".join(self._reject(error, with_value=with_value) for error in reversed(by_field.values()))

    def _reject(self, error: Mapping[str, Any], *, with_value: bool) -> str:
        field = usual_heading(str(error["field"]), self.language)
        text = explain({**error, "field": field, **({} if with_value else {"value": "…"})}, self.language)
        return text if field in text or field.startswith("(") else f"{field}{self.colon}{text}"

    def rule(self, rule: Mapping[str, Any], part: str) -> str:
        """``rule_label``, ``rule_text``, ``correction`` or ``legal_source`` of a rule's row."""
        return str(rule.get(f"{part}_{self.language}") or rule[part])


def _period(text: str) -> str:
    """A day as ``21/11/2026``, two days ``a/b`` as ``a – b`` (one may be missing); any other text as it is."""
    sides = text.split("/")
    if any(side and not _DAY.fullmatch(side) for side in sides):
        return text
    return " – ".join(_DAY.sub(r"\3/\2/\1", side) for side in sides if side)
