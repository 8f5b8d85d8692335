"""The canonical model is complete, and its loader names every fault."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.canonical.loader import read_model
from schemas.canonical.model import CANONICAL, LANGUAGES, Model, ModelError, load_model

FOUNDATION = {
    "activity",
    "budget",
    "code_list",
    "expense",
    "flow",
    "material",
    "news_item",
    "organisation",
    "organisation_identifier",
    "partner",
    "project",
    "site",
    "source_record",
    "source_status",
    "territory",
    "third_place",
    "third_place_service",
}
STAR = {
    "dim_date",
    "dim_material",
    "dim_organisation",
    "dim_territory",
    "fct_expense",
    "fct_flow",
    "fct_third_place",
}


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


def test_the_tables_of_the_foundation_are_published(model: Model) -> None:
    assert {table.name for table in model.published("core")} >= FOUNDATION
    assert {table.name for table in model.published("bi")} == STAR


def test_every_table_column_and_code_speaks_three_languages(model: Model) -> None:
    tables = (*model.tables.values(), *model.bi.values(), *model.operations.values())
    columns = [column for table in tables for column in table.columns]
    texts = [text for table in tables for text in (table.label, table.definition)]
    texts += [text for column in columns for text in (column.label, column.definition)]
    texts += [code.label for code_list in model.code_lists.values() for code in code_list.codes]
    assert len(texts) > 900
    assert all(text.get(language).strip() for text in texts for language in LANGUAGES)


def test_a_definition_is_a_sentence_of_its_own(model: Model) -> None:
    for table in (*model.tables.values(), *model.bi.values(), *model.operations.values()):
        for column in table.columns:
            for language in LANGUAGES:
                definition = column.definition.get(language)
                assert definition.endswith("."), f"{table.name}.{column.name} {language}"
                assert definition.rstrip(".") != column.label.get(language), f"{table.name}.{column.name}"


def test_french_punctuation_and_apostrophes_are_kept(model: Model) -> None:
    """French puts a space before ``;`` and ``:``; Italian and English do not."""
    for table in (*model.tables.values(), *model.bi.values(), *model.operations.values()):
        for column in table.columns:
            where = f"{table.name}.{column.name}"
            assert " ;" in column.definition.fr or ";" not in column.definition.fr, where
            assert " ;" not in column.definition.it, where
            assert " ;" not in column.definition.en, where


def test_money_and_quantities_carry_their_unit(model: Model) -> None:
    for table in (*model.tables.values(), *model.bi.values(), *model.operations.values()):
        for column in table.columns:
            if column.name.endswith("_eur"):
                assert (column.type, column.unit) == ("numeric(14,2)", "EUR"), f"{table.name}.{column.name}"
            assert not column.type.startswith(("float", "double")), f"{table.name}.{column.name}"


def test_natural_persons_can_stand_only_where_lines_are_masked(model: Model) -> None:
    classified = {
        f"{table.name}.{column.name}"
        for table in model.tables.values()
        if table.status != "planned"
        for column in table.columns
        if column.personal_data == "natural_person"
    }
    assert classified == {"expense.supplier_name", "expense.expense_text", "expense.rejection_reason_text"}
    assert "is_sensitive" in model.tables["expense"].column_names()


def test_references_lead_to_keys(model: Model) -> None:
    for table in (*model.tables.values(), *model.bi.values(), *model.operations.values()):
        for column in table.columns:
            target = model.target(column)
            if target:
                assert target[0].primary_key == (target[1].name,)


def test_sources_are_the_connectors(model: Model) -> None:
    folder = CANONICAL.parent.parent / "connectors"
    connectors = {path.parent.name for path in folder.glob("*/__init__.py")} - {"core"}
    assert set(model.code_lists["source"].values()) == connectors


def test_cost_categories_are_the_six_of_the_regulation(model: Model) -> None:
    articles = [code.standard_code for code in model.code_lists["cost_category"].codes]
    assert articles == ["39", "40", "41", "42", "43", "44"]


def test_recovery_and_disposal_operations_are_complete(model: Model) -> None:
    values = model.code_lists["treatment_operation"].values()
    assert values == tuple(f"R{i}" for i in range(1, 14)) + tuple(f"D{i}" for i in range(1, 16))


def test_a_text_in_an_unknown_language_is_refused(model: Model) -> None:
    with pytest.raises(KeyError):
        model.label.get("de")


def test_a_code_that_is_not_in_the_list_is_refused(model: Model) -> None:
    assert model.code_lists["direction"].find("OFFER").label.it == "Offerta (in uscita)"
    with pytest.raises(KeyError, match="SIDEWAYS"):
        model.code_lists["direction"].find("SIDEWAYS")


def _broken(tmp_path: Path, file: str, change: Callable[[Any], object]) -> list[str]:
    """Problems of a copy of the model in which ``change`` edited the data of ``file``."""
    folder = tmp_path / "v1"
    shutil.copytree(CANONICAL / "v1", folder)
    path = folder / file
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_model(folder)
    return caught.value.problems


def test_a_missing_translation_is_named(tmp_path: Path) -> None:
    problems = _broken(tmp_path, "tables/flow.yml", lambda data: data["columns"][0]["label"].pop("it"))
    assert problems == ["tables/flow.flow_id label: missing translation 'it'"]


def test_an_unknown_reference_is_named(tmp_path: Path) -> None:
    def change(data: dict[str, list[dict[str, object]]]) -> None:
        data["columns"][0]["references"] = "firm.firm_id"

    assert _broken(tmp_path, "tables/flow.yml", change) == [
        "core/flow.flow_id: refers to the unknown table 'firm.firm_id'"
    ]


def test_a_reference_to_an_unknown_column_is_named(tmp_path: Path) -> None:
    def change(data: dict[str, list[dict[str, object]]]) -> None:
        data["columns"][0]["references"] = "site.site_code"

    assert _broken(tmp_path, "tables/flow.yml", change) == [
        "core/flow.flow_id: refers to the unknown column site.site_code"
    ]


def test_an_unknown_code_list_is_named(tmp_path: Path) -> None:
    def change(data: dict[str, list[dict[str, object]]]) -> None:
        data["columns"][0]["code_list"] = "colour"

    assert "core/flow.flow_id: unknown code list colour" in _broken(tmp_path, "tables/flow.yml", change)


def test_an_unknown_key_and_a_wrong_type_are_both_named(tmp_path: Path) -> None:
    def change(data: dict[str, list[dict[str, object]]]) -> None:
        data["columns"][0] |= {"type": "varchar(20)", "lenght": 20}

    problems = _broken(tmp_path, "tables/flow.yml", change)
    assert sorted(problems) == [
        "tables/flow.flow_id: unknown type 'varchar(20)'",
        "tables/flow[0]: unknown key 'lenght'",
    ]


def test_the_type_of_a_shared_column_may_not_be_replaced(tmp_path: Path) -> None:
    def change(data: dict[str, list[dict[str, object]]]) -> None:
        data["columns"][1]["type"] = "integer"

    problems = _broken(tmp_path, "tables/flow.yml", change)
    assert problems[0] == "tables/flow[1]: 'type' of the shared column 'organisation_id' may not be replaced"


def test_one_name_with_two_units_is_named(tmp_path: Path) -> None:
    def change(data: dict[str, list[dict[str, object]]]) -> None:
        column = next(c for c in data["columns"] if c.get("name") == "quantity_given")
        column |= {"name": "quantity_t_per_year", "unit": "kg/a"}
        data["columns"] = [c for c in data["columns"] if c.get("use") != "quantity_t_per_year"]

    problems = _broken(tmp_path, "tables/flow.yml", change)
    assert "core/flow.quantity_t_per_year: a column that ends in _t_per_year has the unit t/a, not kg/a" in problems
    assert any("unit differs from that in" in problem for problem in problems)


def test_a_nullable_key_is_named(tmp_path: Path) -> None:
    def change(data: dict[str, list[dict[str, object]]]) -> None:
        data["columns"][0]["nullable"] = True

    assert _broken(tmp_path, "tables/flow.yml", change) == ["core/flow.flow_id: a key column may not be nullable"]


def test_a_copied_translation_is_named(tmp_path: Path) -> None:
    def change(data: dict[str, list[dict[str, dict[str, str]]]]) -> None:
        definition = data["columns"][0]["definition"]
        definition["it"] = definition["fr"]

    assert _broken(tmp_path, "tables/flow.yml", change) == ["core/flow.flow_id: definition is the same in fr and it"]


def test_a_file_and_its_table_have_one_name(tmp_path: Path) -> None:
    def change(data: dict[str, object]) -> None:
        data["name"] = "flows"

    assert _broken(tmp_path, "tables/flow.yml", change) == [
        "tables/flow.yml: describes 'flows'; file and name must agree"
    ]


def test_a_key_that_stands_twice_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "v1"
    shutil.copytree(CANONICAL / "v1", folder)
    path = folder / "code_lists/direction.yml"
    path.write_text(path.read_text(encoding="utf-8") + "name: direction\n", encoding="utf-8")
    with pytest.raises(ModelError, match="'name' stands twice"):
        read_model(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.yml: no such file"):
        read_model(tmp_path)
