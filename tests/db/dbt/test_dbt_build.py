"""The dbt project on the real database: what a reader finds after one build, and what he must not find."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

pytestmark = [pytest.mark.db, pytest.mark.timeout(600)]
KNOWN_THROUGH_ACTIF = ("organisation_id", "supplier_organisation_id")
"""Who runs the place and who sent the invoice is a company that ACTIF describes as well."""


def test_build_passes_every_test_and_unit_test(built: Any) -> None:
    assert built.result.failures == []
    assert built.result.ok
    assert "skipped" not in built.result.counts
    ran = json.loads((built.result.target / "run_results.json").read_text())["results"]
    kinds = {node["unique_id"].split(".")[0] for node in ran}
    assert kinds == {"model", "seed", "test", "unit_test", "exposure", "step"}
    assert sum(node["unique_id"].startswith("unit_test.") for node in ran) >= 16


def test_only_public_and_active_flows_are_published(built: Any) -> None:
    flows = built.rows("select * from {s}.flow order by source_record_key")
    assert [flow["source_record_key"].split(":")[0] for flow in flows] == ["1", "3", "F1", "F3"]
    assert {flow["confidentiality_code"] for flow in flows} == {"PUBLIC"}
    names = built.rows("select organisation_name from {s}.organisation")
    assert not any("Secrète" in row["organisation_name"] for row in names)
    texts = built.rows("select row_to_json(f)::text as row from {s}.flow f")
    assert not any("lies" in row["row"] for row in texts)


def test_flow_is_harmonised(built: Any) -> None:
    cider, dairy = built.rows(
        "select * from {s}.flow where source_record_key like 'F1' or source_record_key like '1:%' order by source_id"
    )
    assert (cider["direction_code"], cider["quantity_t_per_year"], cider["quantity_basis_code"]) == (
        "OFFER", Decimal("120.500"), "GIVEN",
    )  # fmt: skip
    assert (cider["months"], cider["month_mask"]) == ("09,10,11,12", 3840)
    assert (cider["territory_code"], cider["activity_code"]) == ("FR_73065", "NAFR2:11.03Z")
    assert cider["material_code"] == "APPLE_POMACE"
    assert (dairy["quantity_t_per_year"], dairy["quantity_basis_code"]) == (Decimal("120.000"), "EXTRACTED")
    assert (dairy["territory_code"], dairy["activity_role_code"]) == ("IT_004078", "PROCESS")
    assert dairy["material_description_text"] == "circa 1200 q all'anno, tel. […]"


def test_one_organisation_across_three_sources(built: Any) -> None:
    (cider,) = built.rows(
        "select o.*, (select count(distinct source_id) from {s}.source_record r where r.entity_table_name = "
        "'organisation' and r.entity_id = o.organisation_id) as sources from {s}.organisation o "
        "where organisation_name like 'Cidrerie%'"
    )
    assert cider["sources"] == 3
    assert cider["match_method_code"] == "NAME_PLACE"
    identifiers = built.rows(
        "select identifier_scheme_code, identifier, identifier_status_code, is_derived "
        f"from {{s}}.organisation_identifier where organisation_id = '{cider['organisation_id']}' order by 1, 2"
    )
    assert [tuple(row.values()) for row in identifiers] == [
        ("FR_VAT", "FR44732829320", "VALID", False),
        ("SIREN", "732829320", "VALID", True),
        ("SIRET", "351040", "MALFORMED", False),
        ("SIRET", "73282932000074", "VALID", False),
    ]


def test_sole_trader_shows_neither_name_nor_home(built: Any) -> None:
    (trader,) = built.rows("select * from {s}.organisation where is_natural_person")
    assert trader["organisation_name"].startswith("Entreprise individuelle · Impresa individuale ")
    assert built.rows(f"select 1 from {{s}}.site where organisation_id = '{trader['organisation_id']}'"
                      " and (street_address is not null or latitude is not null)") == []  # fmt: skip
    everything = built.rows(
        "select string_agg(t::text, ' ') as words from (select o::text from {s}.organisation o union all select "
        "i::text from {s}.organisation_identifier i union all select s::text from {s}.site s union all select "
        "f::text from {s}.flow f) as t"
    )[0]["words"]
    assert "Rossi" not in everything
    assert "RSSMRA80A01F205X" not in everything


def test_third_places_are_merged_and_typed(built: Any) -> None:
    (place,) = built.rows("select * from {s}.third_place")
    assert place["source_count"] == 2
    assert place["third_place_type_codes"] == ["FABLAB_MAKERSPACE", "COWORKING"]
    assert (place["phone"], place["email"]) == ("+33450112233", "contact@cimes.example")
    assert place["territory_code"] == "FR_74010"
    assert built.rows("select 1 from {s}.organisation o join {s}.third_place p using (organisation_id)")
    (news,) = built.rows("select third_place_id from {s}.news_item")
    assert news["third_place_id"] == place["third_place_id"]


def test_programme_money(built: Any) -> None:
    (budget,) = built.rows("select * from {s}.budget")
    assert budget["amount_erdf_eur"] == Decimal("359139.70")
    staff, external = built.rows("select * from {s}.expense order by expense_number")
    assert (staff["is_sensitive"], staff["supplier_name"], staff["expense_text"]) == (True, None, None)
    assert staff["amount_declared_eur"] == Decimal("100.50")
    assert external["supplier_organisation_id"] is not None
    roles = {row["partner_role_code"] for row in built.rows("select partner_role_code from {s}.partner")}
    assert roles == {"LEAD", "DELEGATE"}
    assert len(built.rows("select * from {s}.project")) == 1


@pytest.mark.parametrize("table", ["organisation", "site", "flow", "third_place", "news_item", "budget", "expense"])
def test_every_entity_can_be_followed_back_to_its_records(built: Any, table: str) -> None:
    lost = (
        f"select 1 from {{s}}.{table} t where not exists (select from {{s}}.source_record r"
        f" where r.entity_table_name = '{table}' and r.entity_id = t.{table}_id)"
    )
    assert built.rows(f"select 1 from {{s}}.{table}")
    assert built.rows(lost) == []


def test_star_carries_unknown_rows_and_two_calendars(built: Any) -> None:
    assert built.rows("select 1 from {s}_bi.dim_material where material_code = 'UNKNOWN'")
    assert len(built.rows("select 1 from {s}_bi.fct_flow")) == 4
    days = {
        str(row["calendar_date"]): row
        for row in built.rows(
            "select * from {s}_bi.dim_date where calendar_date in "
            "('2026-04-05', '2026-04-06', '2026-05-14', '2026-05-25', '2026-07-14', '2026-08-15', '2026-04-25')"
        )
    }
    assert [day for day in sorted(days) if days[day]["is_holiday_fr"]] == [
        "2026-04-06", "2026-05-14", "2026-05-25", "2026-07-14", "2026-08-15",
    ]  # fmt: skip
    assert [day for day in sorted(days) if days[day]["is_holiday_it"]] == [
        "2026-04-05", "2026-04-06", "2026-04-25", "2026-08-15",
    ]  # fmt: skip
    assert (days["2026-08-15"]["day_name_fr"], days["2026-08-15"]["month_name_it"]) == ("samedi", "agosto")


def test_comments_are_in_the_database(built: Any) -> None:
    (table,) = built.rows("select obj_description('{s}.flow'::regclass) as words")
    assert {"EN", "FR", "IT"} <= set(table["words"].split())
    bare = built.rows(
        "select column_name from information_schema.columns where table_schema = '{s}' and "
        "col_description(format('%I.%I', table_schema, table_name)::regclass, ordinal_position) is null"
    )
    assert bare == []


def test_order_of_arrival_changes_nothing(
    built: Any, rebuild: Callable[[list[Any]], Callable[[str], list[dict[str, Any]]]], records: list[Any]
) -> None:
    again = rebuild(list(reversed(records)))
    for table, columns in (
        ("organisation", "organisation_id, organisation_name, source_count, source_id"),
        ("third_place", "third_place_id, third_place_name, source_count"),
        ("flow", "flow_id, organisation_id, site_id, quantity_t_per_year"),
        ("source_record", "entity_table_name, entity_id, source_record_key, match_method_code"),
    ):
        statement = f"select {columns} from {{s}}.{table} order by 1, 2, 3"
        assert built.rows(statement) == again(statement), table


def test_a_source_that_goes_takes_only_what_it_said(
    built: Any, rebuild: Callable[[list[Any]], Callable[[str], list[dict[str, Any]]]], records: list[Any]
) -> None:
    without = rebuild([(table, record) for table, record in records if not table.startswith("actif__")])
    assert without("select 1 from {s}.source_record where source_id = 'actif'") == []
    for table in ("organisation", "site", "flow", "third_place", "news_item", "budget", "expense"):
        # An entity of which ACTIF has said something may be another one without it; all the others stay to the letter.
        key = f"{table}_id"
        statement = (
            f"select t.* from {{s}}.{table} t where not exists (select from {{s}}.source_record r where"
            f" r.source_id = 'actif' and r.entity_table_name = '{table}' and r.entity_id = t.{key}) order by 1"
        )
        hidden = dict.fromkeys(KNOWN_THROUGH_ACTIF) if table in ("third_place", "expense") else {}
        before = {row[key]: row | hidden for row in built.rows(statement)}
        after = {row[key]: row | hidden for row in without(statement)}
        assert before, table
        assert {entity: after.get(entity) for entity in before} == before, table
    statement = (
        "select entity_table_name, source_id, stream_name, source_record_key from {s}.source_record"
        " where source_id <> 'actif' order by 1, 2, 3, 4"
    )
    assert without(statement) == built.rows(statement)


def test_empty_sources_build(rebuild: Callable[[list[Any]], Callable[[str], list[dict[str, Any]]]]) -> None:
    rows = rebuild([])
    assert rows("select count(*) as n from {s}.flow") == [{"n": 0}]
    assert rows("select count(*) as n from {s}.territory where territory_level_code = 'LAU'") == [{"n": 1774}]
