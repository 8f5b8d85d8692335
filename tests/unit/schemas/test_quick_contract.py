"""The short way through a contract gives what the contract gives, or nothing."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.sources.actif import CodeText, Flux, FreeText
from schemas.sources.base import DateText, DecimalText, OptionalText, SourceRecord, clean_text
from schemas.sources.quick import quick_validator


class Sample(SourceRecord):
    """One field of each marked kind."""

    text: OptionalText = None
    code: CodeText = None
    free: FreeText = None
    number: DecimalText = None
    day: DateText = None

    def record_key(self) -> str:
        return "key"


TEXTS = st.one_of(
    st.text(max_size=12),
    st.text(st.characters(max_codepoint=0x2100), max_size=6),
    st.sampled_from(
        ["", " ", "a\u00a0b", "e\u0301", "x\x00", " a", "a ", "a\nb", "Città d'Aosta", "«Œuvre» – 3 €", "\u202f1"]
    ),
)
NUMBERS = st.one_of(
    st.from_regex(r"[+-]?[0-9]{1,18}([.,][0-9]{1,9})?", fullmatch=True),
    st.sampled_from(["1 234,5", "0.0000001", "-0", "-0.00", "007", "1.", ".5", "1e3", "١٢"]),
    st.decimals(), st.integers(), TEXTS,
)  # fmt: skip
DAYS = st.one_of(
    st.dates().map(str), st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True),
    st.sampled_from(["21/11/2026", "2026-2-3", "2026-02-30", "0000-01-01", "٢٠٢٦-01-01"]), st.dates(), TEXTS,
)  # fmt: skip
RECORDS = st.fixed_dictionaries(
    {}, optional={
        "text": TEXTS | st.none() | st.integers(), "code": TEXTS | st.none() | st.integers() | st.floats(),
        "free": TEXTS | st.none() | st.integers(), "number": NUMBERS | st.none(), "day": DAYS | st.none(),
    },
)  # fmt: skip


def outcome(validate: Any, data: Any) -> bytes | None:
    try:
        record = validate(data)
    except ValidationError:
        return None
    return bytes(record.__pydantic_serializer__.to_json(record))


@given(RECORDS)
def test_both_ways_agree(data: dict[str, Any]) -> None:
    assert outcome(quick_validator(Sample).validate_python, data) == outcome(Sample.model_validate, data)


@given(RECORDS)
def test_both_ways_agree_under_further_rules(data: dict[str, Any]) -> None:
    """A contract with checks of its own after the marked types, and over the whole record."""
    flux = {
        "id_flux": data.get("code"), "siret": data.get("code"), "libelle_flux": data.get("free"), "sens": "ENTRANT",
        "quantite": data.get("number"), "date_maj": data.get("day"), "confidentialite": data.get("text"),
    }  # fmt: skip
    assert outcome(quick_validator(Flux).validate_python, flux) == outcome(Flux.model_validate, flux)


def test_usual_signs_need_no_cleaning() -> None:
    usual = quick_validator(Sample)
    for number in range(0x21, 0x2100):
        sign = chr(number)
        if unicodedata.category(sign).startswith("C"):
            continue
        text = f"a{sign}b {sign}"
        assert usual.validate_python({"text": text}).text == (clean_text(text) or None)


@pytest.mark.parametrize("data", [{"number": "a lot"}, {"day": "31/02/2026"}, {"colour": "red"}])
def test_what_the_contract_refuses_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        quick_validator(Sample).validate_python(data)
