{{ config(materialized='ephemeral') }}

-- Rules on the amounts of one line: sums, VAT, readings, shares of the funds.
{% set tolerance = money_parameter('amount_tolerance_eur') %}
{% set gross_share = "round(line.amount_gross_given * line.imputation_share / line.document_rate, 2)" %}
{% set net_share = "round(line.amount_net_given * line.imputation_share / line.document_rate, 2)" %}
{% set base = "coalesce(line.amount_certified_eur, line.amount_declared_eur)" %}
{% set erdf_limit = "trunc(" ~ base ~ " * " ~ money_parameter('erdf_rate_pct') ~ " / 100, 2)" %}
{% set parts = "(line.amount_erdf_eur + coalesce(line.amount_national_public_eur, 0)
    + coalesce(line.amount_self_financing_eur, 0))" %}

with ambiguous as (
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
    from {{ ref('int_money_line') }} as line
    cross join lateral jsonb_each_text(line.other_readings) as reading (field_given, amount_text)
    where line.has_ambiguous_amount
)

-- R07: net and tax give the total of the document, in its currency.
{{ line_rule(
    'R07', 'amount_gross_given',
    where="abs(line.amount_net_given + line.amount_vat_given - line.amount_gross_given) > " ~ tolerance,
    found=amount_text('line.amount_gross_given'),
    expected=amount_text('line.amount_net_given + line.amount_vat_given'),
    at_stake="abs(line.amount_net_given + line.amount_vat_given - line.amount_gross_given)
        / coalesce(line.document_rate, 1)"
) }}

union all

-- R08: recoverable VAT stays out. On staff lines the columns mean pay and charges.
{{ line_rule(
    'R08', 'amount_declared_eur',
    where="line.is_vat_recoverable and line.cost_category_code is distinct from 'STAFF'
        and coalesce(line.amount_vat_given, line.amount_gross_given - line.amount_net_given, 1) <> 0
        and line.amount_declared_eur - " ~ net_share ~ " > " ~ tolerance,
    found=amount_text('line.amount_declared_eur'),
    expected=amount_text(net_share),
    at_stake="line.amount_declared_eur - " ~ net_share,
    suggested=net_share
) }}

union all

-- R09: not more than the document's share. A document in another currency is the business of R28.
{{ line_rule(
    'R09', 'amount_declared_eur',
    where="line.currency_code = line.claim_currency_code and line.amount_declared_eur - " ~ gross_share ~ " > " ~ tolerance,
    found=amount_text('line.amount_declared_eur'),
    expected=amount_text(gross_share),
    at_stake="line.amount_declared_eur - " ~ gross_share,
    suggested=gross_share
) }}

union all

-- R10: certified between nothing and the declared amount (a credit note is negative on both sides); declared is
-- certified plus rejected, unless the rest is parked.
{{ line_rule(
    'R10', 'amount_certified_eur',
    where="line.amount_certified_eur is not null and (
        line.amount_certified_eur > greatest(line.amount_declared_eur, 0)
        or line.amount_certified_eur < least(line.amount_declared_eur, 0)
        or (
            line.amount_rejected_eur is not null and line.expense_status_code <> 'PARKED'
            and abs(line.amount_declared_eur - line.amount_certified_eur - line.amount_rejected_eur) > " ~ tolerance ~ "
        )
    )",
    found=amount_text('line.amount_certified_eur'),
    expected=amount_text('line.amount_declared_eur - coalesce(line.amount_rejected_eur, 0)'),
    at_stake="abs(line.amount_declared_eur - line.amount_certified_eur - coalesce(line.amount_rejected_eur, 0))"
) }}

union all

-- R17 on a line that states its ERDF share.
{{ line_rule(
    'R17', 'amount_erdf_eur',
    where="line.amount_erdf_eur - " ~ erdf_limit ~ " > " ~ tolerance,
    found=amount_text('line.amount_erdf_eur'),
    expected=amount_text(erdf_limit),
    at_stake="line.amount_erdf_eur - " ~ erdf_limit,
    suggested=erdf_limit
) }}

union all

-- R18 on a line that states its sources of finance.
{{ line_rule(
    'R18', 'amount_erdf_eur',
    where="num_nonnulls(line.amount_national_public_eur, line.amount_self_financing_eur) > 0
        and abs(" ~ parts ~ " - line.amount_declared_eur) > " ~ tolerance ~ "
        and abs(" ~ parts ~ " - " ~ base ~ ") > " ~ tolerance,
    found=amount_text(parts),
    expected=amount_text(base),
    at_stake="abs(" ~ parts ~ " - " ~ base ~ ")"
) }}

union all

-- R28: the declared euros are the document's share divided by the rate, half up; without a rate nothing can be told.
{{ line_rule(
    'R28', 'amount_declared_eur',
    where="line.currency_code <> 'EUR' and line.claim_currency_code = 'EUR' and (
        line.document_rate is null
        or (
            abs(line.amount_declared_eur - " ~ gross_share ~ ") > " ~ tolerance ~ "
            and abs(line.amount_declared_eur - coalesce(" ~ net_share ~ ", 0)) > " ~ tolerance ~ "
        )
    )",
    found=amount_text('line.amount_declared_eur'),
    expected=amount_text(gross_share),
    at_stake="coalesce(abs(line.amount_declared_eur - " ~ gross_share ~ "), line.amount_declared_eur)",
    suggested=gross_share,
    severity="case when line.amount_declared_eur < " ~ gross_share ~ " then 'WARNING' end"
) }}

union all

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
from {{ ref('int_money_line') }} as line
inner join {{ ref('int_money_project') }} as project on line.project_id = project.project_id
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
