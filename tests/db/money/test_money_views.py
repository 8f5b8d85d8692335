"""Figures of the views, to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.db.money.conftest import Money

pytestmark = pytest.mark.db


def test_the_real_financing_table_is_reproduced_with_its_cent(money: Money) -> None:
    rows = money.rows(
        'select p.partner_name, s.* from "{s}".financing_split s join "{s}".project r using (project_id)'
        ' left join "{s}".partner p on p.partner_id = s.partner_id'
        " where r.project_code = 'T-PLAN' and s.financing_basis_code = 'BUDGET'"
    )
    shares = {row["partner_name"]: row["amount_erdf_eur"] for row in rows}
    assert shares == {
        "Unione Alta (fictif)": Decimal("361839.90"),
        "Unione Media (fictif)": Decimal("359139.70"),
        "Unione Bassa (fittizio)": Decimal("523157.74"),
        "Unione Svizzera (fictif)": None,
        None: Decimal("1244137.34"),
    }
    [total] = [row for row in rows if row["partner_name"] is None]
    assert total["amount_total_eur"] == Decimal("1463691.00"), "the Swiss partner is part of no total"
    assert total["amount_erdf_rate_of_sum_eur"] == Decimal("1244137.35"), "the rate of the sum is a cent more"


def test_a_partner_outside_the_erdf_keeps_its_currency_beside_a_value_in_euros(money: Money) -> None:
    [row] = money.rows('select * from "{s}".financing_split where is_outside_erdf')
    assert (row["amount_total_given"], row["currency_code"]) == (Decimal("306200.00"), "CHF")
    assert row["amount_total_eur"] is None
    assert row["amount_equivalent_eur"] == (row["amount_total_given"] / row["exchange_rate"]).quantize(Decimal("0.01"))


def test_a_real_regional_split_is_reproduced(money: Money) -> None:
    [row] = money.rows(
        'select s.* from "{s}".financing_split s join "{s}".partner p using (partner_id)'
        " where p.partner_name like 'Polo Innovazione%' and s.financing_basis_code = 'BUDGET'"
    )
    assert (row["amount_erdf_eur"], row["amount_national_public_eur"]) == (Decimal("171008.95"), Decimal("30178.05"))


def test_parts_of_what_was_certified_give_the_whole_to_the_cent(money: Money) -> None:
    [row] = money.rows(
        'select s.* from "{s}".financing_split s join "{s}".partner p using (partner_id)'
        " where p.partner_name like 'Polo Misto%' and s.financing_basis_code = 'CERTIFIED'"
    )
    names = ("amount_total_eur", "amount_erdf_eur", "amount_national_public_eur", "amount_self_financing_eur")
    assert [str(row[name]) for name in names] == ["333.33", "283.33", "23.33", "26.67"]


def test_levels_of_consumption_give_the_same_sum(money: Money) -> None:
    rows = money.rows(
        'select consumption_level_code, sum(amount_declared_eur) as total from "{s}".budget_consumption group by 1'
    )
    lines = money.rows('select sum(amount_declared_eur) as total from "{s}".expense')
    assert {row["consumption_level_code"]: row["total"] for row in rows} == dict.fromkeys(
        ("PARTNER", "CATEGORY", "WORK_PACKAGE"), lines[0]["total"]
    )


def test_consumption_tells_where_the_limit_is(money: Money) -> None:
    rows = money.rows(
        "select c.cost_category_code, c.consumption_status_code, c.amount_remaining_eur"
        ' from "{s}".budget_consumption c join "{s}".project r using (project_id)'
        " where r.project_code = 'T-R24' and c.consumption_level_code = 'CATEGORY'"
    )
    assert {
        row["cost_category_code"]: (row["consumption_status_code"], str(row["amount_remaining_eur"])) for row in rows
    } == {
        "EQUIPMENT": ("ABOVE_BUDGET", "-0.01"),
        "EXTERNAL_EXPERTISE_SERVICES": ("WITHIN", "0.00"),
    }


def test_a_plan_by_work_package_and_year_counts_in_its_last_version(money: Money) -> None:
    rows = money.rows(
        "select b.work_package_code, b.cost_category_code, b.budget_year, b.budget_version, b.is_counted,"
        ' b.amount_budget_eur from "{s}".budget b join "{s}".project r using (project_id)'
        " where r.project_code = 'T-YEARS' and b.budget_level_code = 'CATEGORY'"
        " order by b.budget_version, b.budget_year"
    )
    assert [(row["budget_year"], row["budget_version"], row["is_counted"]) for row in rows] == [
        (2019, "Version 10", True), (2020, "Version 10", True), (2019, "Version 2", False), (2020, "Version 2", False),
    ]  # fmt: skip
    assert {(row["work_package_code"], row["cost_category_code"]) for row in rows} == {("1", "EQUIPMENT")}
    used = money.rows(
        'select c.consumption_level_code, c.amount_budget_eur, c.amount_declared_eur from "{s}".budget_consumption c'
        " join \"{s}\".project r using (project_id) where r.project_code = 'T-YEARS' order by 1"
    )
    shown = [tuple(str(value) for value in row.values()) for row in used]
    assert shown == [
        ("CATEGORY", "1200.50", "1100.00"), ("PARTNER", "3000.00", "1100.00"), ("WORK_PACKAGE", "1200.50", "1100.00"),
    ]  # fmt: skip


def test_a_claim_stands_beside_its_lines(money: Money) -> None:
    rows = money.rows(
        'select c.claim_number, c.amount_declared_eur, c.amount_lines_eur, c.submission_date from "{s}".claim c'
        " join \"{s}\".project r using (project_id) where r.project_code = 'T-CLAIM' order by 1"
    )
    assert [(row["claim_number"], str(row["amount_declared_eur"]), str(row["amount_lines_eur"])) for row in rows] == [
        ("1", "422.30", "422.30"),
        ("2", "100.02", "100.00"),
        ("6", "50.00", "50.00"),
    ]
    assert str(rows[0]["submission_date"]) == "2019-07-30"


def test_claims_and_lines_without_header_are_claims_as_well(money: Money) -> None:
    [row] = money.rows(
        'select count(*) as missing from (select distinct partner_id, claim_number from "{s}".expense'
        ' where claim_number is not null except select partner_id, claim_number from "{s}".claim) as lost'
    )
    assert row["missing"] == 0


def test_flat_rates_are_computed_again(money: Money) -> None:
    rows = money.rows(
        'select f.claim_number, f.amount_computed_eur, f.difference_eur from "{s}".flat_rate_check f'
        " join \"{s}\".project r using (project_id) where r.project_code = 'T-R12' order by 1"
    )
    assert [(row["claim_number"], str(row["amount_computed_eur"]), str(row["difference_eur"])) for row in rows] == [
        ("1", "200.00", "0.03"),
        ("2", "200.01", "0.00"),
    ]


def test_the_work_plan_of_a_known_project_is_confirmed(money: Money) -> None:
    rows = money.rows(
        'select w.* from "{s}".work_package w join "{s}".project r using (project_id)'
        " where r.project_code = 'T-R21' and w.project_activity_code in ('3.1', '4.1')"
    )
    days = {row["project_activity_code"]: (str(row["start_date"]), str(row["end_date"])) for row in rows}
    assert days == {"3.1": ("2019-01-01", "2019-08-31"), "4.1": ("2019-09-01", "2021-06-30")}
    assert all(row["is_confirmed"] for row in rows)


def test_structures_prove_the_output_indicator(money: Money) -> None:
    rows = money.rows(
        'select i.indicator_code, i.reached_value, i.target_value from "{s}".indicator i'
        " join \"{s}\".project r using (project_id) where r.project_code = 'T-R21' order by 1"
    )
    assert [(row["indicator_code"], int(row["reached_value"]), int(row["target_value"])) for row in rows] == [
        ("I.1", 3, 13),
        ("I.2", 0, 3),
    ]
    kinds = money.rows(
        'select e.structure_kind_code from "{s}".indicator_evidence e join "{s}".project r using (project_id)'
        " where r.project_code = 'T-R21' and e.evidence_text like 'Universit%'"
    )
    assert kinds == [{"structure_kind_code": "UNIVERSITY"}]


def test_the_advance_holds_every_claim_of_the_calendar(money: Money) -> None:
    rows = money.rows(
        'select c.* from "{s}".claim_progress c join "{s}".project r using (project_id)'
        " where r.project_code = 'T-CLAIM' order by c.claim_sequence"
    )
    assert [
        (row["claim_sequence"], row["claim_progress_code"], str(row["claim_period_start_date"]),
         str(row["claim_period_end_date"]), str(row["amount_declared_eur"]),
         str(row["amount_declared_cumulative_eur"]), str(row["amount_certified_cumulative_eur"]))
        for row in rows
    ] == [
        (1, "CERTIFIED", "2019-01-01", "2019-06-30", "422.30", "422.30", "422.30"),
        (2, "CERTIFIED", "2019-06-01", "2019-12-31", "100.02", "522.32", "522.30"),
        (3, "NOT_FILED", "2020-01-01", "2020-06-30", "0.00", "522.32", "522.30"),
        (4, "NOT_FILED", "2020-07-01", "2020-12-31", "0.00", "522.32", "522.30"),
        (5, "NOT_FILED", "2021-01-01", "2021-06-30", "0.00", "522.32", "522.30"),
    ]  # fmt: skip
    planned = money.rows(
        'select c.amount_budget_eur, c.declared_cumulative_pct from "{s}".claim_progress c'
        " join \"{s}\".project r using (project_id) where r.project_code = 'T-R24' and c.claim_sequence = 5"
    )
    assert [(str(row["amount_budget_eur"]), str(row["declared_cumulative_pct"])) for row in planned] == [
        ("100000.00", "2.00")
    ]


def test_each_category_has_the_method_of_the_plan_or_of_most_of_the_money(money: Money) -> None:
    rows = money.rows(
        'select r.project_code, m.* from "{s}".partner_cost_method m join "{s}".project r using (project_id)'
        " where r.project_code in ('T-R11', 'T-R15') order by 1, m.cost_category_code"
    )
    declared = {
        line.numero_depense: line.montant_declare for line in money.programme.lines if line.code_projet == "T-R15"
    }
    shown = {
        (row["project_code"], row["cost_category_code"]): (
            row["cost_method_code"], row["is_planned"], row["amount_declared_eur"], row["amount_other_method_eur"]
        )
        for row in rows
    }  # fmt: skip
    assert shown["T-R15", "EQUIPMENT"] == ("REAL", True, declared["2"], declared["1"])
    assert shown["T-R11", "OFFICE_ADMINISTRATION"] == ("FLAT", False, Decimal("300.11"), Decimal("12.00"))


def test_staff_time_is_compared_with_full_time(money: Money) -> None:
    rows = money.rows(
        'select s.* from "{s}".staff_time_check s join "{s}".project r using (project_id)'
        " where r.project_code = 'T-R14' order by s.work_year"
    )
    assert [
        (row["work_year"], row["person_count"], row["expense_count"], str(row["person_months"]),
         str(row["hours_worked"]), str(row["hours_limit"]), row["overfull_year_count"], row["is_plausible"])
        for row in rows
    ] == [
        (2019, 3, 5, "4.1000", "100.00", "5160.00", 0, False),
        (2020, 1, 2, "2.0000", "1721.00", "1720.00", 1, False),
    ]  # fmt: skip
    assert [row["overfull_month_count"] for row in rows] == [1, 0]


def test_the_n_plus_3_curve_is_what_plans_and_certified_lines_give(money: Money) -> None:
    """Worked out here once more, from the records: every project begins in 2019, every share is cut to the cent."""
    programme = money.programme
    claimed = {line.code_projet for line in programme.lines if line.numero_demande == "1"}

    def cut(amount: Decimal) -> Decimal:
        return amount.quantize(Decimal("0.01"), rounding="ROUND_DOWN")

    committed = sum(
        (
            line.feder if line.feder is not None else cut(line.montant_total * (line.taux_feder or 0) / 100)
            for line in programme.budgets
            if line.projet in claimed and line.type_ligne == "partenaire"
        ),
        Decimal(0),
    )
    certified: dict[tuple[str, str], Decimal] = {}
    for line in programme.lines:
        if line.montant_certifie is not None:
            partner = (line.code_projet, line.partenaire)
            certified[partner] = certified.get(partner, Decimal(0)) + line.montant_certifie
    reached = sum((cut(amount * 85 / 100) for amount in certified.values()), Decimal(0))
    [row] = money.rows('select * from "{s}".decommitment_curve')
    assert (row["commitment_year"], str(row["deadline_date"])) == (2019, "2022-12-31")
    assert row["amount_erdf_eur"] == row["amount_due_eur"] == committed
    assert row["amount_certified_erdf_eur"] == reached
    assert row["amount_at_risk_eur"] == committed - reached > 0
