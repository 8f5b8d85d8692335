-- Flat rates computed again, claim by claim.
with by_claim as (
    select
        project_id,
        partner_id,
        claim_number,
        sum(amount_declared_eur) filter (where cost_category_code = 'STAFF') as staff_eur,
        sum(amount_declared_eur) filter (where cost_category_code not in ('STAFF', 'OFFICE_ADMINISTRATION'))
            as other_direct_eur,
        sum(amount_declared_eur) filter (where cost_category_code = 'STAFF' and cost_method_code = 'FLAT')
            as staff_flat_eur,
        sum(amount_declared_eur) filter (where cost_category_code = 'OFFICE_ADMINISTRATION' and cost_method_code = 'FLAT')
            as office_flat_eur
    from {{ ref('int_money_total') }}
    where claim_number is not null
    group by project_id, partner_id, claim_number
),

computed as (
    select
        project_id,
        partner_id,
        claim_number,
        'STAFF' as cost_category_code,
        {{ money_parameter('staff_flat_rate_pct') }} as flat_rate_pct,
        coalesce(other_direct_eur, 0) as amount_base_eur,
        staff_flat_eur as amount_declared_eur
    from by_claim
    where staff_flat_eur is not null
    union all
    select
        project_id,
        partner_id,
        claim_number,
        'OFFICE_ADMINISTRATION' as cost_category_code,
        {{ money_parameter('office_flat_rate_pct') }} as flat_rate_pct,
        coalesce(staff_eur, 0) as amount_base_eur,
        office_flat_eur as amount_declared_eur
    from by_claim
    where office_flat_eur is not null
)

select
    project_id,
    partner_id,
    claim_number,
    cost_category_code,
    cast(flat_rate_pct as numeric(7, 4)) as flat_rate_pct,
    cast(amount_base_eur as numeric(14, 2)) as amount_base_eur,
    cast(trunc(amount_base_eur * flat_rate_pct / 100, 2) as numeric(14, 2)) as amount_computed_eur,
    cast(amount_declared_eur as numeric(14, 2)) as amount_declared_eur,
    cast(amount_declared_eur - trunc(amount_base_eur * flat_rate_pct / 100, 2) as numeric(14, 2)) as difference_eur
from computed
