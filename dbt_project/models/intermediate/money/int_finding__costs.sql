{{ config(materialized='ephemeral') }}

-- Rules on cost categories, flat rates, methods and working time, line by line and claim by claim.
{% set tolerance = money_parameter('amount_tolerance_eur') %}

with by_claim as (
    select
        project_id,
        partner_id,
        claim_number,
        sum(amount_declared_eur) filter (where cost_category_code = 'STAFF') as staff_eur,
        sum(amount_declared_eur) filter (where cost_category_code = 'STAFF' and cost_method_code = 'FLAT')
            as staff_flat_eur,
        sum(amount_declared_eur) filter (where cost_category_code not in ('STAFF', 'OFFICE_ADMINISTRATION'))
            as other_direct_eur,
        sum(amount_declared_eur) filter (where cost_category_code = 'OFFICE_ADMINISTRATION' and cost_method_code = 'FLAT')
            as office_flat_eur,
        sum(amount_declared_eur) filter (where cost_category_code = 'OFFICE_ADMINISTRATION' and cost_method_code = 'REAL')
            as office_real_eur
    from {{ ref('int_money_total') }}
    group by project_id, partner_id, claim_number
),

by_partner as (
    select
        project_id,
        partner_id,
        sum(amount_declared_eur) filter (where cost_category_code = 'STAFF' and cost_method_code = 'REAL')
            as staff_real_eur,
        sum(amount_declared_eur) filter (where cost_category_code <> 'OFFICE_ADMINISTRATION') as direct_eur
    from {{ ref('int_money_total') }}
    group by project_id, partner_id
),

-- R11: the office flat rate of a claim.
office as (
    select
        by_claim.*,
        trunc(coalesce(by_claim.staff_eur, 0) * {{ money_parameter('office_flat_rate_pct') }} / 100, 2) as expected_eur
    from by_claim
    where by_claim.office_flat_eur is not null
),

-- R12: the staff flat rate of a claim.
staff as (
    select
        by_claim.*,
        trunc(coalesce(by_claim.other_direct_eur, 0) * {{ money_parameter('staff_flat_rate_pct') }} / 100, 2) as expected_eur
    from by_claim
    where by_claim.staff_flat_eur is not null
),

finding as (
    select
        'R11' as rule_code,
        'flat' as aspect,
        project_id,
        partner_id,
        claim_number,
        'OFFICE_ADMINISTRATION' as cost_category_code,
        array['FLAT'] as methods,
        abs(office_flat_eur - expected_eur) as amount_at_stake_eur,
        expected_eur as amount_suggested_eur,
        {{ amount_text('office_flat_eur') }} as found_text,
        {{ amount_text('expected_eur') }} as expected_text
    from office
    where abs(office_flat_eur - expected_eur) > {{ tolerance }}

    union all

    select
        'R11' as rule_code,
        'real' as aspect,
        by_claim.project_id,
        by_claim.partner_id,
        by_claim.claim_number,
        'OFFICE_ADMINISTRATION' as cost_category_code,
        array['REAL'] as methods,
        by_claim.office_real_eur as amount_at_stake_eur,
        0 as amount_suggested_eur,
        {{ amount_text('by_claim.office_real_eur') }} as found_text,
        '0.00' as expected_text
    from by_claim
    inner join {{ ref('int_money_method') }} as method
        on by_claim.partner_id = method.partner_id and method.cost_category_code = 'OFFICE_ADMINISTRATION'
    where by_claim.office_real_eur <> 0 and method.cost_method_code = 'FLAT'

    union all

    select
        'R12' as rule_code,
        'flat' as aspect,
        project_id,
        partner_id,
        claim_number,
        'STAFF' as cost_category_code,
        array['FLAT'] as methods,
        abs(staff_flat_eur - expected_eur) as amount_at_stake_eur,
        expected_eur as amount_suggested_eur,
        {{ amount_text('staff_flat_eur') }} as found_text,
        {{ amount_text('expected_eur') }} as expected_text
    from staff
    where abs(staff_flat_eur - expected_eur) > {{ tolerance }}

    union all

    select
        'R13' as rule_code,
        'real' as aspect,
        project_id,
        partner_id,
        cast(null as text) as claim_number,
        'STAFF' as cost_category_code,
        array['REAL'] as methods,
        staff_real_eur - direct_eur * {{ money_parameter('staff_real_ceiling_pct') }} / 100 as amount_at_stake_eur,
        direct_eur * {{ money_parameter('staff_real_ceiling_pct') }} / 100 as amount_suggested_eur,
        {{ amount_text('100 * staff_real_eur / direct_eur') }} || ' %' as found_text,
        cast({{ money_parameter('staff_real_ceiling_pct') }} as text) || ' %' as expected_text
    from by_partner
    where direct_eur > 0 and staff_real_eur > direct_eur * {{ money_parameter('staff_real_ceiling_pct') }} / 100

    union all

    select
        'R15' as rule_code,
        total.cost_category_code as aspect,
        total.project_id,
        total.partner_id,
        total.claim_number,
        total.cost_category_code,
        array_agg(distinct total.cost_method_code) as methods,
        sum(total.amount_declared_eur) as amount_at_stake_eur,
        cast(null as numeric) as amount_suggested_eur,
        string_agg(distinct total.cost_method_code, ', ') as found_text,
        method.cost_method_code as expected_text
    from {{ ref('int_money_total') }} as total
    inner join {{ ref('int_money_method') }} as method
        on total.partner_id = method.partner_id and total.cost_category_code = method.cost_category_code
    where total.cost_method_code <> method.cost_method_code
    group by total.project_id, total.partner_id, total.claim_number, total.cost_category_code, method.cost_method_code
),

staff_line as materialized (
    select
        record_key,
        project_id,
        partner_id,
        supplier_key,
        invoice_key,
        invoice_date,
        is_real_cost,
        imputation_pct,
        hours_worked,
        amount_declared_eur
    from {{ ref('int_money_line') }}
    where cost_category_code = 'STAFF' and supplier_key is not null and not is_set_aside
),

-- R14: one person, one month, several documents, more than full time.
overcharged_month as (
    select
        array_agg(record_key order by record_key) as record_keys,
        case when count(distinct project_id) = 1 then min(project_id) end as project_id,
        case when count(distinct partner_id) = 1 then min(partner_id) end as partner_id,
        sum(amount_declared_eur) as amount_eur,
        sum(imputation_pct) as share_pct
    from (
        select
            *,
            sum(imputation_pct) over (partition by supplier_key, date_trunc('month', invoice_date)) as month_pct
        from staff_line
        where is_real_cost and imputation_pct is not null
    ) as staff_month
    where month_pct > {{ money_parameter('full_time_pct') }}
    group by supplier_key, date_trunc('month', invoice_date)
    having count(distinct invoice_key) = count(*)
),

overworked_year as (
    select
        array_agg(record_key order by record_key) as record_keys,
        case when count(distinct project_id) = 1 then min(project_id) end as project_id,
        case when count(distinct partner_id) = 1 then min(partner_id) end as partner_id,
        sum(amount_declared_eur) as amount_eur,
        sum(hours_worked) as hours_worked
    from staff_line
    where hours_worked is not null
    group by supplier_key, date_trunc('year', invoice_date)
    having sum(hours_worked) > {{ money_parameter('annual_hours') }}
)

select
    finding.rule_code,
    finding.project_id || '|' || finding.partner_id || '|' || coalesce(finding.claim_number, '') || '|' || finding.aspect
        as finding_key,
    cast(null as text[]) as record_keys,
    finding.methods,
    true as by_description,
    finding.project_id,
    finding.partner_id,
    finding.claim_number,
    finding.cost_category_code,
    cast(null as text) as severity_code,
    finding.amount_at_stake_eur,
    finding.amount_suggested_eur,
    case finding.rule_code
        when 'R15' then 'cost_method_code'
        when 'R13' then 'staff_real_pct'
        else 'amount_declared_eur'
    end as field_name,
    finding.found_text,
    finding.expected_text
from finding

union all

select
    'R14' as rule_code,
    md5(array_to_string(record_keys, ' ')) as finding_key,
    record_keys,
    cast(null as text[]) as methods,
    false as by_description,
    project_id,
    partner_id,
    cast(null as text) as claim_number,
    'STAFF' as cost_category_code,
    cast(null as text) as severity_code,
    round(amount_eur * (share_pct - 100) / share_pct, 2) as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'imputation_pct' as field_name,
    {{ amount_text('share_pct') }} as found_text,
    {{ amount_text(money_parameter('full_time_pct')) }} as expected_text
from overcharged_month

union all

select
    'R14' as rule_code,
    md5(array_to_string(record_keys, ' ')) || 'h' as finding_key,
    record_keys,
    cast(null as text[]) as methods,
    false as by_description,
    project_id,
    partner_id,
    cast(null as text) as claim_number,
    'STAFF' as cost_category_code,
    cast(null as text) as severity_code,
    round(amount_eur * (hours_worked - {{ money_parameter('annual_hours') }}) / hours_worked, 2) as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'hours_worked' as field_name,
    cast(hours_worked as text) as found_text,
    cast({{ money_parameter('annual_hours') }} as text) as expected_text
from overworked_year
