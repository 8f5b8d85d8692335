"""The contracts of places and news, and what source.yml promises about them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.core.registry import get_contract, get_source
from connectors.tiers_lieux.families import FAMILIES
from connectors.tiers_lieux.instances import MAPPINGS, read_mapping
from schemas.sources.tiers_lieux import Actualite, Lieu

PLACE: dict[str, Any] = {
    "instance": "carte", "identifiant": "10kw", "nom": "Lieu fictif", "licence": "Licence fictive",
    "attribution": "Instance fictive",
}  # fmt: skip
NEWS: dict[str, Any] = {
    "instance": "fil", "guid": "g", "titre": "Titre", "licence": "Licence fictive", "attribution": "Instance fictive",
}  # fmt: skip


def rules(contract: Any, data: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        contract.model_validate(data)
    return [(str(item["loc"][0]), item["type"]) for item in caught.value.errors()]


def test_smallest_place_has_nothing_invented() -> None:
    place = Lieu.model_validate(PLACE).model_dump(mode="json")
    filled = {name for name, value in place.items() if value not in (None, [], "unknown", True)}
    assert filled == set(PLACE)
    assert place["statut"] == "unknown"
    assert place["latitude"] is None


@pytest.mark.parametrize("field", sorted(PLACE))
def test_mandatory_fields_of_a_place(field: str) -> None:
    assert rules(Lieu, {**PLACE, field: "  "}) == [(field, "missing_value")]
    assert rules(Lieu, {name: value for name, value in PLACE.items() if name != field}) == [(field, "missing")]


def test_every_defect_is_named_at_once() -> None:
    data = {**PLACE, "latitude": "nord", "date_maj": "hier", "statut": "open", "neuf": 1, "types": "A|B"}
    assert set(rules(Lieu, data)) == {
        ("latitude", "decimal_text"), ("date_maj", "date_text"), ("statut", "literal_error"),
        ("neuf", "extra_forbidden"), ("types", "text_list"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("siret", "123 mal formé", "123 mal formé"),
        ("code_postal", "5100", "5100"),
        ("code_commune", "1272", "1272"),
        ("date_maj", "1970-01-01", None),
        ("date_creation", "21/11/2019", "2019-11-21"),
        ("date_ouverture", "2019", "2019"),
        ("date_ouverture", "2019-05", "2019-05"),
        ("date_ouverture", "01/05/2019", "2019-05-01"),
        ("latitude", "45,07", "45.07"),
        ("courriels", ["a@b.example", " ", "a@b.example"], ["a@b.example"]),
        ("reseaux_sociaux", [{"adresse": "@x"}], [{"reseau": None, "adresse": "@x"}]),
        ("identifiant", 12, "12"),
    ],
)
def test_values_of_a_place(field: str, value: Any, kept: Any) -> None:
    assert Lieu.model_validate({**PLACE, field: value}).model_dump(mode="json")[field] == kept


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("latitude", "90.5", "coordinate_range"),
        ("longitude", "-181", "coordinate_range"),
        ("date_ouverture", "printemps", "partial_date_text"),
        ("date_ouverture", "2019-13", "partial_date_text"),
        ("reseaux_sociaux", [{"adresse": ""}], "missing_value"),
    ],
)
def test_unreadable_values_of_a_place(field: str, value: Any, rule: str) -> None:
    assert rules(Lieu, {**PLACE, field: value}) == [(field, rule)]


def test_news_instants_need_a_zone_and_carry_it() -> None:
    news = Actualite.model_validate({**NEWS, "date_publication": "2024-08-21T10:00:00+02:00", "date_maj": ""})
    assert news.model_dump(mode="json")["date_publication"] == "2024-08-21T10:00:00+02:00"
    assert news.date_maj is None
    assert rules(Actualite, {**NEWS, "date_publication": "2024-08-21T10:00:00"}) == [
        ("date_publication", "timezone_aware")
    ]


def test_authors_have_no_place() -> None:
    assert rules(Actualite, {**NEWS, "auteur": "Camille Personne"}) == [("auteur", "extra_forbidden")]


def test_keys() -> None:
    assert Lieu.model_validate(PLACE).record_key() == "carte:10kw"
    assert Actualite.model_validate(NEWS).record_key() == "fil:g"


def test_source_and_contracts_agree() -> None:
    source = get_source("tiers_lieux")
    assert source.options["instances"] == []
    assert source.hosts == ()
    assert {stream.name for stream in source.streams} == {family.STREAM for family in FAMILIES.values()}
    for stream in source.streams:
        fields = set(get_contract(stream).model_fields)
        assert set(stream.personal_data) <= fields
        assert set(stream.assertions.fill) <= fields
    assert source.stream("lieux").complete
    assert not source.stream("actualites").complete  # a feed shows its last items only


def test_every_bundled_mapping_belongs_to_a_family_and_can_be_read() -> None:
    used = {family.MAPPING for family in FAMILIES.values() if family.MAPPING}
    assert used == {path.name for path in MAPPINGS.glob("*.yml")}
    for name in used:
        assert read_mapping(MAPPINGS / name).fields


def test_families_that_are_off_by_default() -> None:
    assert [name for name, family in FAMILIES.items() if not family.ENABLED] == ["fablabs_io"]
