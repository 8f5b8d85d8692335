"""The contract of a register entry against the defects that such entries are known to carry."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.core.errors import BadConfig
from connectors.core.registry import get_contract, get_source
from connectors.elenco_sottoprodotti.labels import load_labels
from connectors.elenco_sottoprodotti.records import Entries
from schemas.sources.elenco_sottoprodotti import Iscrizione

BASE = {
    "id_iscrizione": "100", "ragione_sociale": "Esempio Caseificio Alpino S.r.l. (fittizio)", "qualifica": "PRODUTTORE",
    "codice_fiscale": "00000000000", "comune": "Cuneo", "codice_ateco": "10.51.20",
    "nome_commerciale_sottoprodotto": "Siero di latte dolce",
}  # fmt: skip


def entry(**fields: Any) -> Iscrizione:
    return Iscrizione.model_validate({**BASE, **fields})


def errors(**fields: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        entry(**fields)
    return [(".".join(map(str, e["loc"])), e["type"]) for e in caught.value.errors()]


def test_the_source_names_this_contract_and_its_fields() -> None:
    stream = get_source("elenco_sottoprodotti").stream("iscrizioni")
    assert get_contract(stream) is Iscrizione
    assert set(stream.personal_data) | set(stream.assertions.fill) <= set(Iscrizione.model_fields)
    unfilled = {"derived_quantity", "derived_eer_code", "derived_season_months"}
    assert not unfilled & set(stream.assertions.fill), "the register has no field for them"


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("PRODUTTORE", "PRODUTTORE"), ("produttore ", "PRODUTTORE"), ("Utilizzatore", "UTILIZZATORE"),
        ("RIUTILIZZATORE", "UTILIZZATORE"), ("Sezione produttori", "PRODUTTORE"),
        ("Riutilizzatore di sottoprodotti", "UTILIZZATORE"), ("Produttore e utilizzatore", None),
        ("ri-utilizzatore", None), ("", None), ("entrambi", None),
    ],
)  # fmt: skip
def test_roles(text: str, role: str | None) -> None:
    if role is None:
        assert errors(qualifica=text)[0][0] == "qualifica"
    else:
        assert entry(qualifica=text).qualifica == role


@pytest.mark.parametrize("name", [None, "", " ", "-", "n.d.", "\u00a0"])
def test_a_by_product_without_a_name_is_rejected(name: str | None) -> None:
    assert errors(nome_commerciale_sottoprodotto=name) == [("nome_commerciale_sottoprodotto", "missing")]


@pytest.mark.parametrize("code", ["123", "IT01234567890", "1234567890", "RSSMRA80A01L219X", "", "n.d."])
def test_malformed_tax_codes_are_kept(code: str) -> None:
    assert entry(codice_fiscale=code).codice_fiscale == (code if code not in ("", "n.d.") else None)


@pytest.mark.parametrize("code", ["1.11.30", "01 46 00", "105120", "10.51"])
def test_activity_codes_are_kept_as_sent(code: str) -> None:
    assert entry(codice_ateco=code).codice_ateco == code


def test_leading_zeros_and_signs_for_nothing() -> None:
    record = entry(cap="01234", codice_fiscale="00012345678", telefono="–", email="\u00a0")
    assert (record.cap, record.codice_fiscale, record.telefono, record.email) == ("01234", "00012345678", None, None)


@pytest.mark.parametrize("text", ["14/01/2022", "14-01-2022", "2022-01-14", "14.1.2022", "14/01/22", "14.1.22"])
def test_dates(text: str) -> None:
    assert entry(data_iscrizione=text).data_iscrizione == date(2022, 1, 14)


@pytest.mark.parametrize("text", ["00/00/0000", "31/11/2019", "ieri", "14/01/16", "22-01-14"])
def test_dates_that_are_none_are_rejected(text: str) -> None:
    assert errors(data_iscrizione=text) == [("data_iscrizione", "date_text")]


def test_unknown_fields_are_rejected() -> None:
    assert errors(fatturato="1") == [("fatturato", "extra_forbidden")]


def test_keys_tell_roles_products_and_activities_apart_and_outlive_other_changes() -> None:
    keys = {
        entry(**change).record_key()
        for change in (
            {}, {"qualifica": "UTILIZZATORE"}, {"nome_commerciale_sottoprodotto": "Scotta"},
            {"codice_ateco": "10.51.10"}, {"ordine": 2}, {"id_iscrizione": "101"},
        )
    }  # fmt: skip
    assert len(keys) == 6
    same = entry(
        descrizione_sottoprodotto="altro", ragione_sociale="Altro (fittizio)", stato="x", qualifica="produttori"
    )
    assert same.record_key() == entry().record_key()


def test_an_entry_without_reference_is_known_by_company_and_place() -> None:
    record = entry(id_iscrizione=None)
    assert record.record_key().startswith("h:")
    assert entry(id_iscrizione=None, indirizzo="Via Roma 1").record_key() != record.record_key()
    assert errors(id_iscrizione=None, codice_fiscale=None) == [("", "missing_key")]


def test_the_key_of_a_rejected_record_can_still_be_built() -> None:
    raw = {**BASE, "data_iscrizione": "00/00/0000", "qualifica": "produttore"}
    assert Iscrizione.model_construct(**raw).record_key() == entry().record_key()


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(Iscrizione.model_fields)), st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))))  # fmt: skip
def test_any_record_is_an_entry_with_a_key_or_a_validation_error(data: dict[str, Any]) -> None:
    try:
        record = Iscrizione.model_validate(data)
    except ValidationError:
        return
    assert record.record_key()
    assert Iscrizione.model_validate(record.model_dump(mode="json")) == record


TEXT = st.text(alphabet="abc àè012.,t/", max_size=30)


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"nome_commerciale_sottoprodotto": st.sampled_from(["Siero", "Scotta"]),
                                       "descrizione_sottoprodotto": TEXT}), max_size=6))  # fmt: skip
def test_by_products_of_one_entry_never_share_a_key_unless_they_are_the_same(products: list[dict[str, str]]) -> None:
    found: dict[str, Any] = {}
    for record in Entries().records("scheda 1", {"id_iscrizione": "1", "qualifica": "PRODUTTORE"}, products, ()):
        if not record.data.get("nome_commerciale_sottoprodotto"):
            continue
        checked = Iscrizione.model_validate(record.data)
        assert found.setdefault(checked.record_key(), checked) == checked
    assert len(found) == len({(p["nome_commerciale_sottoprodotto"], p["descrizione_sottoprodotto"]) for p in products})


def test_every_label_is_a_field_and_has_one_meaning(tmp_path: Path) -> None:
    labels = load_labels()
    assert set(labels.entry.values()) | set(labels.by_product.values()) <= set(Iscrizione.model_fields)
    for text, problem in (("entry: {fatturato: [F]}\nby_product: {}", "no such field"),
                          ("entry: {cap: [X]}\nby_product: {codice_ateco: [x]}", "given twice"),
                          ("entry: {}", "by_product")):  # fmt: skip
        path = tmp_path / f"{len(text)}.yml"
        path.write_text(f"version: 1\nstatus: inferred\n{text}\n")
        with pytest.raises(BadConfig, match=problem):
            load_labels(path)
