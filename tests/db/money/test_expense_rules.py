"""Every rule names the lines that break it and spares those that only look so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.db.money.conftest import Money
from tests.db.money.programme import PERSON
from tests.db.money.scenarios import scenarios

pytestmark = pytest.mark.db
EXPECTED = sorted(scenarios().expected)
LINE_RULES = {rule for rule, _ in EXPECTED} | {"R23", "R32"}


def numbers(finding: dict[str, Any]) -> frozenset[str]:
    """Numbers of the expenses that a finding rests on."""
    return frozenset(row["expense_number"] for row in finding["evidence"]["rows"])


def of(money: Money, project: str, rule: str | None = None) -> list[dict[str, Any]]:
    return [f for f in money.first if f["project_code"] == project and (rule is None or f["rule_code"] == rule)]


@pytest.mark.parametrize(("rule", "project"), EXPECTED)
def test_a_rule_names_what_breaks_it_and_nothing_else(money: Money, rule: str, project: str) -> None:
    found = sorted(sorted(numbers(finding)) for finding in of(money, project, rule))
    assert found == sorted(sorted(group) for group in money.programme.expected[(rule, project)])


def test_every_rule_of_the_registry_is_tried(money: Money) -> None:
    registry = {row["rule_code"] for row in money.rows('select rule_code from "{s}".expense_rule')}
    assert registry == LINE_RULES


def test_clean_lines_give_information_only(money: Money) -> None:
    assert {finding["finding_severity_code"] for finding in of(money, "CLEAN")} == {"INFO"}


def test_an_inferred_end_of_the_project_is_a_question_and_the_start_is_not(money: Money) -> None:
    found = {numbers(f): f["finding_severity_code"] for f in of(money, "T-R04", "R04")}
    assert found == {frozenset({"1"}): "ERROR", frozenset({"4"}): "WARNING"}


def test_findings_show_the_exact_value_limit_and_amount(money: Money) -> None:
    [shown] = of(money, "T-R09", "R09")
    assert (shown["found_text"], shown["expected_text"]) == ("60.02", "60.00")
    assert str(shown["amount_at_stake_eur"]) == "0.02"
    assert str(shown["amount_suggested_eur"]) == "60.00"
    assert shown["field_name"] == "amount_declared_eur"
    assert shown["source_file_name"] == "T-R09.xlsx"


def test_conversion_is_half_up_and_a_strange_rate_only_warns(money: Money) -> None:
    found = {
        (f["evidence"]["rows"][0]["expense_number"], f["field_name"]): f["finding_severity_code"]
        for f in of(money, "T-R28", "R28")
    }
    assert found == {
        ("1", "amount_declared_eur"): "ERROR",
        ("3", "amount_declared_eur"): "ERROR",
        ("4", "exchange_rate"): "WARNING",
    }


def test_flat_rates_are_truncated_to_the_cent(money: Money) -> None:
    [shown] = of(money, "T-R12", "R12")
    assert (shown["found_text"], shown["expected_text"], str(shown["amount_at_stake_eur"])) == (
        "200.03",
        "200.00",
        "0.03",
    )


def test_a_look_alike_warns_and_a_repeated_document_accuses(money: Money) -> None:
    assert [f["finding_severity_code"] for f in of(money, "T-R26", "R26")] == ["ERROR"]
    assert [f["finding_severity_code"] for f in of(money, "T-R26F", "R26")] == ["WARNING"]
    shared = [f for f in of(money, "T-R26S", "R26") if f["finding_severity_code"] == "ERROR"]
    assert shared == [], "an invoice shared up to 100 % is no duplicate"


def test_a_claim_is_held_against_its_lines_its_number_and_its_period(money: Money) -> None:
    found = {(f["claim_number"], f["field_name"]): f["finding_severity_code"] for f in of(money, "T-CLAIM", "R23")}
    assert found == {
        ("2", "amount_declared_eur"): "ERROR",
        ("2", "claim_period_start_date"): "WARNING",
        ("6", "claim_number"): "WARNING",
    }
    assert [f["claim_number"] for f in of(money, "T-CLAIM", "R17")] == ["2"]
    assert [f["claim_number"] for f in of(money, "T-CLAIM", "R18")] == ["2"]


def test_a_wrong_total_in_a_file_is_a_finding_and_a_right_one_is_not(money: Money) -> None:
    found = [f for f in money.first if f["rule_code"] == "R32"]
    assert [(f["found_text"], f["expected_text"], f["finding_severity_code"]) for f in found] == [
        ("90.00", "100.00", "ERROR")
    ]


def test_a_plan_whose_parts_do_not_add_up_is_a_finding(money: Money) -> None:
    assert [str(f["amount_at_stake_eur"]) for f in of(money, "T-SPLIT2", "R18")] == ["10.00"]
    assert of(money, "T-SPLIT", "R18") == []
    assert of(money, "T-PLAN") == []


def test_no_name_of_a_person_is_in_any_finding(money: Money) -> None:
    shown = json.dumps(money.first, default=str, ensure_ascii=False)
    assert PERSON not in shown
    assert "Persona" not in shown


def test_a_finding_never_changes_an_amount(money: Money) -> None:
    given = {line.record_key(): line.montant_declare for line in money.programme.lines}
    kept = money.rows('select source_record_key, amount_declared_given from "{s}".expense')
    assert {row["source_record_key"]: row["amount_declared_given"] for row in kept} == given


def test_amounts_are_numeric_everywhere(money: Money) -> None:
    rows = money.rows(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = '{s}' and column_name ~ '^amount_|_eur$'"
    )
    assert rows
    assert {row["data_type"] for row in rows} == {"numeric"}
