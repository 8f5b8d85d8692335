"""The contract of an ACTIF flow against every defect that such files are known to carry."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.actif.connector import _ambiguous
from connectors.actif.layouts import Layout, choose, fingerprint, load_layouts
from connectors.core.registry import get_contract, get_source
from schemas.sources.actif import Flux


def flux(**fields: Any) -> Flux:
    base = {"id_flux": "FLX-0001", "sens": "sortant", "libelle_flux": "marc de pomme", "siret": "00000000000000"}
    return Flux.model_validate({**base, **fields})


def errors(**fields: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        flux(**fields)
    return [(".".join(map(str, e["loc"])), e["type"]) for e in caught.value.errors()]


def test_the_source_names_this_contract_and_its_fields() -> None:
    stream = get_source("actif").stream("flux")
    assert get_contract(stream) is Flux
    assert set(stream.personal_data) | set(stream.assertions.fill) <= set(Flux.model_fields)


@pytest.mark.parametrize("text", ["sortant", "SORTANT", "Sortants", " S ", "s", "sortie", "Flux sortant"])
def test_outgoing(text: str) -> None:
    assert flux(sens=text).sens == "SORTANT"


@pytest.mark.parametrize("text", ["entrant", "ENTRANT", "E", "Entrée", "ENTRE\u0301E"])
def test_incoming(text: str) -> None:
    assert flux(sens=text).sens == "ENTRANT"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "missing"),
        (None, "missing"),
        ("latéral", "enum"),
        ("ES", "enum"),
        ("Entrant / Sortant", "enum"),
        (["E"], "enum"),
    ],
)
def test_an_unknown_direction_is_rejected(text: Any, rule: str) -> None:
    assert errors(sens=text) == [("sens", rule)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Matière", "matière"),
        ("DECHET", "déchet"),
        ("déchets", "déchet"),
        ("Matières premières", "matière"),
        ("compe\u0301tence", "compétence"),
        ("", None),
    ],
)
def test_flow_types(text: str, value: str | None) -> None:
    assert flux(type_flux=text).type_flux == value


def test_an_unknown_flow_type_is_rejected() -> None:
    assert errors(type_flux="rumeur") == [("type_flux", "enum")]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("public", "public"), ("PUBLIC ", "public"), ("réseau CCI", "réseau CCI"), ("Reseau-cci", "réseau CCI"),
        ("privé", "privé"), ("", "privé"), (None, "privé"), ("public ?", "privé"), ("à voir", "privé"), (1, "privé"),
    ],
)  # fmt: skip
def test_a_level_that_is_not_known_is_private_and_what_was_said_is_kept(text: Any, level: str) -> None:
    record = flux(confidentialite=text)
    assert record.confidentialite == level
    assert record.confidentialite_declaree == (str(text).strip() or None if text is not None else None)


def test_a_flow_without_a_level_is_private() -> None:
    assert flux().confidentialite == "privé"
    assert flux().confidentialite_declaree is None


@pytest.mark.parametrize(
    "siret", ["123", "1234567890123", "552100554", "1,23457E+13", "00000000000000", "552 100 554 00013", "SIRET?"]
)
def test_malformed_identifiers_are_kept_as_text(siret: str) -> None:
    assert flux(siret=siret).siret == siret


def test_identifiers_sent_as_numbers_become_text() -> None:
    record = flux(siret=12345678901234, code_postal=1400, code_insee=73065.0, code_dechet=80318, id_flux=17)
    assert (record.siret, record.code_postal, record.code_insee) == ("12345678901234", "1400", "73065")
    assert (record.code_dechet, record.record_key()) == ("80318", "17")


@pytest.mark.parametrize(
    "code", ["02 07 01", "020701", "200140-CAVO", "200140 MET MIX", "15200140", "777777", "16 06 04*"]
)
def test_waste_codes_are_kept_as_sent(code: str) -> None:
    assert flux(code_dechet=code).code_dechet == code


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("120,5", "120.5"), ("1 234,5", "1234.5"), ("1\u00a0234,5", "1234.5"), ("1\u202f234", "1234"),
        ("1\u2009234,5", "1234.5"), ("12\u2007500", "12500"),
        ("1.234,5", "1234.5"),
        (120.5, "120.5"), (12, "12"), ("0,001", "0.001"), ("0", "0"), (Decimal("0.1"), "0.1"),
    ],
)  # fmt: skip
def test_quantities(sent: Any, value: str) -> None:
    assert flux(quantite=sent).quantite == Decimal(value)


@pytest.mark.parametrize("sent", ["environ 5", "5 t", "12,5,1", "∞", "NaN", "-", "1e5"])
def test_quantities_that_are_no_numbers_are_rejected(sent: str) -> None:
    assert errors(quantite=sent)[0][0] == "quantite"


def test_a_negative_quantity_is_rejected() -> None:
    assert errors(quantite="-3") == [("quantite", "greater_than_equal")]


@pytest.mark.parametrize("text", ["1.234", "12.000", "1.234.567"])
def test_a_point_that_may_mean_thousands_is_a_defect(text: str) -> None:
    assert [d.rule for d in _ambiguous({"quantite": text})] == ["ambiguous_number"]


@pytest.mark.parametrize("value", ["1234", "1.5", "0.125", "1,234", 1.234, None, "12.0001"])
def test_other_numbers_are_not_ambiguous(value: Any) -> None:
    assert not list(_ambiguous({"quantite": value}))


@pytest.mark.parametrize(
    ("text", "value"),
    [("OUI", True), ("oui", True), ("Si", True), ("Sì", True), ("true", True), ("1", True), (True, True), ("X", True),
     ("NON", False), ("No", False), ("faux", False), (0, False), ("", None), (None, None)],
)  # fmt: skip
def test_booleans(text: Any, value: bool | None) -> None:
    assert flux(dangereux=text).dangereux is value


def test_a_boolean_that_is_none_is_rejected() -> None:
    assert errors(dangereux="peut-être") == [("dangereux", "bool_text")]


@pytest.mark.parametrize(
    "sent",
    ["2026-09-03", "03/09/2026", "3.9.2026", "2026-09-03T10:15:00+02:00",
     "03/09/2026 10:15", "03/09/2026 10h15", "03/09/26", "3.9.26 10:15",
     date(2026, 9, 3),
     datetime(2026, 9, 3, 10)],  # noqa: DTZ001 - a spreadsheet's moments have no zone
)  # fmt: skip
def test_dates(sent: Any) -> None:
    assert flux(date_maj=sent).date_maj == date(2026, 9, 3)


@pytest.mark.parametrize("sent", ["31/02/2026", "septembre", "2026", "13/13/2026", "26-09-03", "03/09/09", "31/02/26"])
def test_dates_that_are_none_are_rejected(sent: str) -> None:
    assert errors(date_maj=sent) == [("date_maj", "date_text")]


def test_a_text_that_the_spreadsheet_turned_into_a_date_is_rejected_by_name() -> None:
    assert errors(saisonnalite=date(2026, 9, 12)) == [("saisonnalite", "spreadsheet_date")]


def test_an_unknown_field_is_rejected() -> None:
    assert errors(priorite="haute") == [("priorite", "extra_forbidden")]


def test_the_key_is_the_id_or_a_hash_of_what_identifies_the_flow() -> None:
    assert flux().record_key() == "FLX-0001"
    without = flux(id_flux=None, unite="t")
    assert without.record_key().startswith("h:")
    assert without.record_key() == flux(id_flux="", unite="t", sens="S", raison_sociale="autre (fictif)").record_key()
    others = [flux(id_flux=None, unite="kg"), flux(id_flux=None, unite="t", sens="E"), flux(id_flux=None, siret="1")]
    assert len({without.record_key(), *(record.record_key() for record in others)}) == 4


@pytest.mark.parametrize("missing", [{"siret": None}, {"libelle_flux": " "}])
def test_without_id_and_without_what_replaces_it_the_flow_is_rejected(missing: dict[str, Any]) -> None:
    assert errors(id_flux=None, **missing) == [("", "missing_key")]


def test_the_key_of_a_rejected_record_can_still_be_built() -> None:
    """So that its last good version is not taken for deleted."""
    raw = {"siret": 123, "sens": "Sortant", "libelle_flux": "marc", "unite": "t", "quantite": "?"}
    good = Flux.model_validate({**raw, "quantite": "1"})
    assert Flux.model_construct(**raw).record_key() == good.record_key()


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just([1]))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(Flux.model_fields)), ANYTHING))
def test_any_record_is_a_flow_with_a_key_or_a_validation_error(data: dict[str, Any]) -> None:
    try:
        record = Flux.model_validate(data)
    except ValidationError:
        return
    assert record.record_key()
    assert Flux.model_validate(record.model_dump(mode="json")) == record


@pytest.mark.parametrize("layout", load_layouts(), ids=lambda layout: layout.id)
def test_each_layout_fits_its_own_header_in_any_order_and_case(layout: Layout) -> None:
    header = [name.upper() for name in reversed(layout.columns)]
    chosen = choose(header, "test")
    assert chosen.layout == layout
    assert set(chosen.fields.values()) == set(layout.columns.values())
    assert fingerprint(header) == fingerprint(layout.columns)


def test_layouts_are_told_apart_by_their_columns() -> None:
    prints = {fingerprint(layout.columns) for layout in load_layouts()}
    assert len(prints) == len(load_layouts()) >= 3
