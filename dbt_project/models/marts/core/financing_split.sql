-- Who pays: ERDF, national public share and own means, partner by partner, on the plan, on what was declared and on what
-- was certified. The ERDF share is truncated to the cent for each partner; the project's row is the sum of its parts and
-- not the rate of the sum, whose value stands beside it. Partners outside the ERDF are shown and not added up.
with plan as (
    select
        project_id,
        partner_id,
        partner_role_code,
        amount_budget_eur,
        amount_erdf_eur,
        amount_national_public_eur,
        amount_self_financing_eur,
        coalesce(erdf_rate_pct, {{ money_parameter('erdf_rate_pct') }}) as erdf_rate_pct,
        amount_budget_given,
        currency_code
    from {{ ref('int_money_budget') }}
    where budget_level_code = 'PARTNER'
),

spent as (
    select
        project_id,
        partner_id,
        sum(amount_declared_eur) as amount_declared_eur,
        sum(amount_certified_eur) as amount_certified_eur
    from {{ ref('int_money_total') }}
    group by project_id, partner_id
),

base as (
    select
        'BUDGET' as financing_basis_code,
        project_id,
        partner_id,
        amount_budget_eur as amount_total_eur,
        amount_budget_given as amount_total_given,
        currency_code
    from plan
    union all
    select
        basis.code as financing_basis_code,
        spent.project_id,
        spent.partner_id,
        case basis.code when 'DECLARED' then spent.amount_declared_eur else spent.amount_certified_eur end
            as amount_total_eur,
        cast(null as numeric) as amount_total_given,
        'EUR' as currency_code
    from spent
    cross join (values ('DECLARED'), ('CERTIFIED')) as basis (code)
),

shared as (
    select
        base.*,
        partner.partner_role_code,
        coalesce(plan.erdf_rate_pct, {{ money_parameter('erdf_rate_pct') }}) as erdf_rate_pct,
        case
            when partner.partner_role_code = 'OUTSIDE_ERDF' then null
            when base.financing_basis_code = 'BUDGET' and plan.amount_erdf_eur is not null then plan.amount_erdf_eur
            else {{ erdf_share(
                'base.amount_total_eur', "coalesce(plan.erdf_rate_pct, " ~ money_parameter('erdf_rate_pct') ~ ")"
            ) }}
        end as amount_erdf_eur,
        plan.amount_national_public_eur as plan_national_eur,
        plan.amount_self_financing_eur as plan_own_eur
    from base
    inner join {{ ref('int_partner') }} as partner on base.partner_id = partner.partner_id
    left join plan on base.partner_id = plan.partner_id
),

-- What the ERDF leaves, split as the plan splits it; own means take the cent that is left.
split as (
    select
        shared.*,
        case
            when shared.financing_basis_code = 'BUDGET' then shared.plan_national_eur
            else trunc(
                    (shared.amount_total_eur - shared.amount_erdf_eur) * shared.plan_national_eur
                    / nullif(coalesce(shared.plan_national_eur, 0) + coalesce(shared.plan_own_eur, 0), 0), 2
                )
        end as amount_national_public_eur
    from shared
),

partner_row as (
    select
        split.*,
        case
            when split.financing_basis_code = 'BUDGET' then split.plan_own_eur
            when split.plan_national_eur is not null and split.plan_own_eur is not null
                then split.amount_total_eur - split.amount_erdf_eur - split.amount_national_public_eur
        end as amount_self_financing_eur,
        trunc(split.amount_total_eur * split.erdf_rate_pct / 100, 2) as amount_erdf_rate_of_sum_eur
    from split
),

project_row as (
    select
        financing_basis_code,
        project_id,
        sum(amount_total_eur) as amount_total_eur,
        sum(amount_erdf_eur) as amount_erdf_eur,
        sum(amount_national_public_eur) as amount_national_public_eur,
        sum(amount_self_financing_eur) as amount_self_financing_eur,
        max(erdf_rate_pct) as erdf_rate_pct,
        round(sum(amount_total_eur) * max(erdf_rate_pct) / 100, 2) as amount_erdf_rate_of_sum_eur
    from partner_row
    where partner_role_code <> 'OUTSIDE_ERDF'
    group by financing_basis_code, project_id
),

abroad as (
    select distinct on (currency_code)
        currency_code,
        month,
        currency_per_eur
    from {{ ref('fx_rate') }}
    order by currency_code asc, month desc, rate_type desc
)

select
    'fin_' || md5(financing_basis_code || '|' || partner_id) as financing_split_id,
    financing_basis_code,
    project_id,
    partner_id,
    partner_role_code = 'OUTSIDE_ERDF' as is_outside_erdf,
    cast(amount_total_eur as numeric(14, 2)) as amount_total_eur,
    cast(amount_erdf_eur as numeric(14, 2)) as amount_erdf_eur,
    cast(amount_national_public_eur as numeric(14, 2)) as amount_national_public_eur,
    cast(amount_self_financing_eur as numeric(14, 2)) as amount_self_financing_eur,
    cast(amount_erdf_rate_of_sum_eur as numeric(14, 2)) as amount_erdf_rate_of_sum_eur,
    cast(erdf_rate_pct as numeric(7, 4)) as erdf_rate_pct,
    cast(coalesce(amount_total_given, amount_total_eur) as numeric(14, 2)) as amount_total_given,
    partner_row.currency_code,
    cast(abroad.currency_per_eur as numeric(18, 8)) as exchange_rate,
    cast(round(amount_total_given / abroad.currency_per_eur, 2) as numeric(14, 2)) as amount_equivalent_eur
from partner_row
left join abroad on partner_row.currency_code = abroad.currency_code

union all

select
    'fin_' || md5(financing_basis_code || '|' || project_id) as financing_split_id,
    financing_basis_code,
    project_id,
    cast(null as text) as partner_id,
    false as is_outside_erdf,
    cast(amount_total_eur as numeric(14, 2)) as amount_total_eur,
    cast(amount_erdf_eur as numeric(14, 2)) as amount_erdf_eur,
    cast(amount_national_public_eur as numeric(14, 2)) as amount_national_public_eur,
    cast(amount_self_financing_eur as numeric(14, 2)) as amount_self_financing_eur,
    cast(amount_erdf_rate_of_sum_eur as numeric(14, 2)) as amount_erdf_rate_of_sum_eur,
    cast(erdf_rate_pct as numeric(7, 4)) as erdf_rate_pct,
    cast(amount_total_eur as numeric(14, 2)) as amount_total_given,
    'EUR' as currency_code,
    cast(null as numeric(18, 8)) as exchange_rate,
    cast(null as numeric(14, 2)) as amount_equivalent_eur
from project_row
