-- The advance of each project: every claim of its calendar, those that nobody has filed included. What partners filed
-- counts; the claim of the project itself repeats their sums.
with planned as (
    select
        project.project_id,
        number.claim_sequence,
        cast(
            project.start_date + (number.claim_sequence - 1) * {{ money_parameter('claim_period_months') }} * interval '1 month'
            as date
        ) as start_date,
        cast(
            least(
                project.start_date
                + number.claim_sequence * {{ money_parameter('claim_period_months') }} * interval '1 month'
                - interval '1 day',
                project.end_date
            ) as date
        ) as end_date
    from {{ ref('int_money_project') }} as project
    cross join
        generate_series(1, cast({{ money_parameter('claim_count') }} as integer)) as number (claim_sequence)
),

partners as (
    select
        project_id,
        count(*) as partner_count
    from {{ ref('int_partner') }}
    where partner_role_code in ('LEAD', 'PARTNER')
    group by project_id
),

budget as (
    select
        project_id,
        sum(amount_budget_eur) as amount_eur
    from {{ ref('int_money_budget') }}
    where budget_level_code = 'PARTNER' and is_counted and partner_role_code <> 'OUTSIDE_ERDF'
    group by project_id
),

filed as (
    select
        claim.project_id,
        claim.claim_sequence,
        count(distinct claim.partner_id) as partner_count,
        min(claim.claim_period_start_date) as start_date,
        max(claim.claim_period_end_date) as end_date,
        sum(coalesce(claim.amount_declared_eur, claim.amount_lines_eur)) as amount_declared_eur,
        sum(claim.amount_certified_eur) as amount_certified_eur,
        sum(claim.amount_received_eur) as amount_received_eur
    from {{ ref('claim') }} as claim
    inner join {{ ref('int_partner') }} as partner on claim.partner_id = partner.partner_id
    where claim.claim_level_code = 'PARTNER' and partner.partner_role_code <> 'OUTSIDE_ERDF'
    group by claim.project_id, claim.claim_sequence
),

advance as (
    select
        planned.project_id,
        planned.claim_sequence,
        coalesce(filed.start_date, planned.start_date) as claim_period_start_date,
        coalesce(filed.end_date, planned.end_date) as claim_period_end_date,
        coalesce(partners.partner_count, 0) as partner_count,
        coalesce(filed.partner_count, 0) as filed_partner_count,
        coalesce(filed.amount_declared_eur, 0) as amount_declared_eur,
        coalesce(filed.amount_certified_eur, 0) as amount_certified_eur,
        coalesce(filed.amount_received_eur, 0) as amount_received_eur,
        budget.amount_eur as amount_budget_eur
    from planned
    left join filed on planned.project_id = filed.project_id and planned.claim_sequence = filed.claim_sequence
    left join partners on planned.project_id = partners.project_id
    left join budget on planned.project_id = budget.project_id
),

summed as (
    select
        *,
        sum(amount_declared_eur) over so_far as amount_declared_cumulative_eur,
        sum(amount_certified_eur) over so_far as amount_certified_cumulative_eur
    from advance
    window so_far as (partition by project_id order by claim_sequence)
)

select
    project_id,
    claim_sequence,
    case
        when amount_certified_eur <> 0 then 'CERTIFIED'
        when filed_partner_count > 0 then 'FILED'
        else 'NOT_FILED'
    end as claim_progress_code,
    claim_period_start_date,
    claim_period_end_date,
    cast(partner_count as integer) as partner_count,
    cast(filed_partner_count as integer) as filed_partner_count,
    cast(amount_declared_eur as numeric(14, 2)) as amount_declared_eur,
    cast(amount_certified_eur as numeric(14, 2)) as amount_certified_eur,
    cast(amount_received_eur as numeric(14, 2)) as amount_received_eur,
    cast(amount_declared_cumulative_eur as numeric(14, 2)) as amount_declared_cumulative_eur,
    cast(amount_certified_cumulative_eur as numeric(14, 2)) as amount_certified_cumulative_eur,
    cast(amount_budget_eur as numeric(14, 2)) as amount_budget_eur,
    cast(100 * amount_declared_cumulative_eur / nullif(amount_budget_eur, 0) as numeric(9, 2)) as declared_cumulative_pct
from summed
