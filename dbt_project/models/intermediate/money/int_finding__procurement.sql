{{ config(materialized='ephemeral') }}

-- R27: several invoices of one supplier, each just under the threshold of its day and country, together above it,
-- and each within the window of another.
with close_to_limit as (
    select
        line.record_key,
        line.project_id,
        line.partner_id,
        coalesce(line.supplier_identity, line.supplier_key) as supplier,
        line.invoice_date,
        round(line.amount_net_given / line.document_rate, 2) as amount_net_eur,
        line.amount_declared_eur,
        limits.value_number as threshold_eur
    from {{ ref('int_money_line') }} as line
    inner join {{ ref('money_parameter') }} as limits
        on
            limits.parameter_name = 'procurement_threshold_eur'
            and line.partner_country_code = limits.country_code
            and line.invoice_date between limits.valid_from and coalesce(limits.valid_to, line.invoice_date)
    where
        line.is_real_cost
        and line.cost_category_code is distinct from 'STAFF'
        and coalesce(line.supplier_identity, line.supplier_key) is not null
        and line.amount_net_given / line.document_rate < limits.value_number
        and line.amount_net_given / line.document_rate
        >= limits.value_number * (1 - {{ money_parameter('procurement_band_pct') }} / 100)
),

spaced as (
    select
        close_to_limit.*,
        close_to_limit.invoice_date - lag(close_to_limit.invoice_date) over by_day as days_before,
        lead(close_to_limit.invoice_date) over by_day - close_to_limit.invoice_date as days_after
    from close_to_limit
    window by_day as (partition by partner_id, supplier, threshold_eur order by invoice_date, record_key)
)

select
    'R27' as rule_code,
    md5(string_agg(record_key, ' ' order by record_key)) as finding_key,
    array_agg(record_key order by record_key) as record_keys,
    project_id,
    partner_id,
    cast(null as text) as claim_number,
    cast(null as text) as severity_code,
    sum(amount_declared_eur) as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'amount_net_eur' as field_name,
    {{ amount_text('sum(amount_net_eur)') }} as found_text,
    {{ amount_text('threshold_eur') }} as expected_text
from spaced
where least(days_before, days_after) <= {{ money_parameter('procurement_window_days') }}
group by project_id, partner_id, supplier, threshold_eur
having count(*) > 1 and sum(amount_net_eur) >= threshold_eur
