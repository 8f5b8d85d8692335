{{ config(materialized='ephemeral') }}

-- Readings of one line that need more rows than the line: the monthly rates of a currency, the two readings of an amount.
with line as materialized (
    select *
    from {{ ref('int_money_line') }}
    where has_ambiguous_amount or (exchange_rate > 0 and currency_code <> 'EUR')
),

ambiguous as (
    select
        line.record_key,
        line.project_id,
        line.partner_id,
        line.claim_number,
        reading.field_given,
        cast(reading.amount_text as numeric) as amount_other,
        case reading.field_given
            when 'montant_ht' then 'amount_net_given'
            when 'montant_tva' then 'amount_vat_given'
            when 'montant_ttc' then 'amount_gross_given'
            when 'montant_certifie' then 'amount_certified_eur'
            when 'montant_ecarte' then 'amount_rejected_eur'
            else 'amount_declared_eur'
        end as field_name,
        case reading.field_given
            when 'montant_ht' then line.amount_net_given
            when 'montant_tva' then line.amount_vat_given
            when 'montant_ttc' then line.amount_gross_given
            when 'montant_certifie' then line.amount_certified_eur
            when 'montant_ecarte' then line.amount_rejected_eur
            else line.amount_declared_given
        end as amount_used
    from line
    cross join lateral jsonb_each_text(line.other_readings) as reading (field_given, amount_text)
    where line.has_ambiguous_amount
)

-- R28, the rate itself: unlike every monthly rate between invoice and claim. Which month counts is not known and the
-- list stands in for the Commission's, hence a warning and a wide tolerance.
select
    'R28' as rule_code,
    line.record_key || '|rate' as finding_key,
    array[line.record_key] as record_keys,
    line.project_id,
    line.partner_id,
    line.claim_number,
    'WARNING' as severity_code,
    round(line.amount_declared_eur * max(abs(line.exchange_rate / rate.currency_per_eur - 1)), 2)
        as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'exchange_rate' as field_name,
    cast(line.exchange_rate as text) as found_text,
    min(rate.currency_per_eur) || '/' || max(rate.currency_per_eur) as expected_text
from line
inner join {{ ref('fx_rate') }} as rate
    on
        line.currency_code = rate.currency_code
        and rate.month between date_trunc('month', line.invoice_date) and coalesce(
            line.submission_date, line.claim_period_end_date, line.payment_date, line.invoice_date
        )
where line.exchange_rate > 0 and line.currency_code <> 'EUR'
group by
    line.record_key, line.project_id, line.partner_id, line.claim_number, line.amount_declared_eur, line.exchange_rate
having
    min(abs(line.exchange_rate / rate.currency_per_eur - 1)) > {{ money_parameter('fx_tolerance_pct') }} / 100

union all

-- R31: an amount that can be read in two ways, with both readings.
select
    'R31' as rule_code,
    ambiguous.record_key || '|' || ambiguous.field_given as finding_key,
    array[ambiguous.record_key] as record_keys,
    ambiguous.project_id,
    ambiguous.partner_id,
    ambiguous.claim_number,
    cast(null as text) as severity_code,
    round(abs(ambiguous.amount_used - ambiguous.amount_other), 2) as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    ambiguous.field_name,
    {{ amount_text('ambiguous.amount_used') }} as found_text,
    cast(ambiguous.amount_other as text) as expected_text
from ambiguous
