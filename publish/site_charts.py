"""Sums behind the charts of the page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from schemas.canonical.model import LANGUAGES, Model

PARTNERS_SHOWN = 40


def by_family(connection: Connection, model: Model) -> list[dict[str, Any]]:
    """Offers and demands per material family in the order of the code list; flows without a material come last."""
    rows = connection.execute(
        text(
            """
            select
                m.material_family_code as code,
                count(*) filter (where f.direction_code = 'OFFER') as offers,
                count(*) filter (where f.direction_code = 'DEMAND') as demands,
                sum(f.quantity_t_per_year) filter (where f.direction_code = 'OFFER') as offers_t,
                sum(f.quantity_t_per_year) filter (where f.direction_code = 'DEMAND') as demands_t,
                count(f.quantity_t_per_year) as with_tonnes
            from flow as f
            left join material as m on m.material_code = f.material_code
            group by 1
            """
        )
    ).mappings()
    return _in_list_order([dict(row) for row in rows], model, "material_family")


def by_area(connection: Connection) -> list[dict[str, Any]]:
    """Flows, organisations and third places per département or provincia, France first; unknown places come last."""
    rows = connection.execute(
        text(
            """
            with counted as (
                select t.nuts3_code, 'offers' as what from flow as f
                left join territory as t on t.territory_code = f.territory_code
                where f.direction_code = 'OFFER'
                union all
                select t.nuts3_code, 'demands' from flow as f
                left join territory as t on t.territory_code = f.territory_code
                where f.direction_code = 'DEMAND'
                union all
                select t.nuts3_code, 'places' from third_place as p
                left join territory as t on t.territory_code = p.territory_code
            )
            select
                c.nuts3_code as code,
                a.country_code as country,
                a.territory_name_fr as fr,
                a.territory_name_it as it,
                a.territory_name_en as en,
                count(*) filter (where c.what = 'offers') as offers,
                count(*) filter (where c.what = 'demands') as demands,
                count(*) filter (where c.what = 'places') as places
            from counted as c
            left join territory as a on a.territory_code = c.nuts3_code and a.territory_level_code = 'NUTS3'
            group by 1, 2, 3, 4, 5
            order by a.country_code nulls last, count(*) desc, c.nuts3_code
            """
        )
    ).mappings()
    return [
        {
            "code": row["code"],
            "country": row["country"],
            "label": {lang: row[lang] for lang in ("fr", "it", "en")} if row["fr"] else None,
            "offers": row["offers"],
            "demands": row["demands"],
            "places": row["places"],
        }
        for row in rows
    ]


def by_place_type(connection: Connection, model: Model) -> list[dict[str, Any]]:
    """Third places per main type and country."""
    rows = connection.execute(
        text(
            """
            select
                third_place_type_code as code,
                count(*) filter (where country_code = 'FR') as fr,
                count(*) filter (where country_code = 'IT') as it,
                count(*) filter (where country_code not in ('FR', 'IT')) as other
            from third_place
            group by 1
            """
        )
    ).mappings()
    return _in_list_order([dict(row) for row in rows], model, "third_place_type")


def money(connection: Connection, model: Model) -> dict[str, Any]:
    """Expenses declared and certified in euros, per partner and per cost category, beside the financing plan.

    A line whose currency has no known rate has no amount in euros: it is counted in ``lines_without_eur``.
    """
    partners = connection.execute(
        text(
            """
            with spent as (
                select
                    partner_id,
                    count(*) as lines,
                    sum(amount_declared_eur) as declared,
                    sum(amount_certified_eur) as certified,
                    sum(amount_declared_eur) filter (where amount_certified_eur is null) as waiting
                from expense
                group by 1
            ),
            planned as (
                select partner_id, sum(amount_budget_eur) as budget from budget
                where budget_level_code = 'PARTNER' group by 1
            )
            select
                p.partner_name as name,
                coalesce(j.project_name, j.project_code) as project,
                p.partner_role_code as role,
                p.country_code as country,
                coalesce(s.lines, 0) as lines,
                coalesce(s.declared, 0) as declared,
                coalesce(s.certified, 0) as certified,
                coalesce(s.waiting, 0) as waiting,
                b.budget
            from partner as p
            inner join project as j on j.project_id = p.project_id
            left join spent as s on s.partner_id = p.partner_id
            left join planned as b on b.partner_id = p.partner_id
            where s.partner_id is not null or b.partner_id is not null
            order by coalesce(s.declared, 0) desc, p.partner_id
            """
        )
    ).mappings()
    rows = [dict(row) for row in partners]
    categories = connection.execute(
        text(
            """
            select
                cost_category_code as code,
                count(*) as lines,
                coalesce(sum(amount_declared_eur), 0) as declared,
                coalesce(sum(amount_certified_eur), 0) as certified,
                coalesce(sum(amount_declared_eur) filter (where amount_certified_eur is null), 0) as waiting
            from expense
            group by 1
            """
        )
    ).mappings()
    without = connection.execute(text("select count(*) from expense where amount_declared_eur is null")).scalar_one()
    return {
        "partners": rows[:PARTNERS_SHOWN],
        "partners_total": len(rows),
        "projects": len({row["project"] for row in rows}),
        "categories": _in_list_order([dict(row) for row in categories], model, "cost_category"),
        "lines_without_eur": without,
    }


def findings(connection: Connection) -> list[dict[str, Any]]:
    """Findings of the expense rules, per rule: the grave ones first."""
    rows = connection.execute(
        text(
            """
            select
                r.rule_code as code,
                r.rule_label_fr as fr,
                r.rule_label_it as it,
                r.rule_label_en as en,
                r.finding_severity_code as severity,
                count(*) as findings,
                count(*) filter (where f.finding_status_code = 'OPEN') as open,
                sum(f.amount_at_stake_eur) as at_stake
            from expense_finding as f
            inner join expense_rule as r on r.rule_code = f.rule_code
            group by 1, 2, 3, 4, 5
            order by array_position(array['ERROR', 'WARNING', 'INFO'], r.finding_severity_code), count(*) desc, 1
            """
        )
    ).mappings()
    return [_labelled(dict(row)) for row in rows]


def indicators(connection: Connection) -> list[dict[str, Any]]:
    """Indicators of the projects: target and value reached."""
    rows = connection.execute(
        text(
            """
            select
                i.indicator_code as code,
                coalesce(p.project_name, p.project_code) as project,
                i.indicator_kind_code as kind,
                i.indicator_name_fr as fr,
                i.indicator_name_it as it,
                i.indicator_name_en as en,
                i.target_value as target,
                i.reached_value as reached,
                i.evidence_count as evidence
            from indicator as i
            inner join project as p on p.project_id = i.project_id
            order by p.project_code, i.indicator_kind_code, i.indicator_code
            """
        )
    ).mappings()
    return [_labelled(dict(row)) for row in rows]


def _labelled(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "label": {language: row.pop(language) for language in LANGUAGES}}


def _in_list_order(rows: list[dict[str, Any]], model: Model, code_list: str) -> list[dict[str, Any]]:
    rank = {code: number for number, code in enumerate(model.code_lists[code_list].values())}
    return sorted(rows, key=lambda row: (rank.get(row["code"], len(rank)), row["code"] or ""))
