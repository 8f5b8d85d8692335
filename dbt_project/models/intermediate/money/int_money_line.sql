{{ config(
    materialized='table',
    unlogged=True,
    indexes=[{'columns': ['record_key'], 'unique': true}, {'columns': ['partner_id', 'claim_number']}],
    post_hook='analyze {{ this }}'
) }}

-- Every expense line as the rules need it: unmasked, with the keys by which lines are compared. Amounts of the document
-- stand in its currency (`…_given`) and in euros; what is declared is in euros. Texts that repeat are worked on once.
with supplier_spelling as (
    select
        named.supplier_name,
        {{ supplier_name_key('named.supplier_name') }} as supplier_key
    from (
        select distinct supplier_name from {{ ref('int_synergie__expense') }}
        where supplier_name is not null
    ) as named
),

-- Hours and hourly rate in the text of a pay line.
pay_wording as (
    select
        said.expense_text,
        cast(replace(substring(
            lower(said.expense_text) from '([0-9]{1,4}(?:[.,][0-9]{1,2})?)\s*(?:h|heures?|ore|ora|hours?)\M'
        ), ',', '.') as numeric) as hours_worked,
        cast(replace(substring(
            lower(said.expense_text)
            from '([0-9]{1,3}(?:[.,][0-9]{1,2})?)\s*(?:€|eur|euros?)\s*/\s*(?:h|heure|ora|hour)\M'
        ), ',', '.') as numeric) as hourly_rate_eur
    from (
        select distinct expense_text from {{ ref('int_synergie__expense') }}
        where cost_category_code = 'STAFF' and expense_text is not null
    ) as said
),

-- Words of the closed list of office items, as one pattern.
office_words as (
    select '\m(' || string_agg(term_normalised, '|') || ')\M' as pattern
    from {{ ref('office_item_term') }}
),

-- Pay lines, whose texts are nearly all different, are never looked through for office items.
office_wording as (
    select
        said.expense_text,
        substring({{ normalise_text('said.expense_text') }} from office_words.pattern) as office_term
    from (
        select distinct expense_text from {{ ref('int_synergie__expense') }}
        where cost_category_code is distinct from 'STAFF' and expense_text is not null
    ) as said
    cross join office_words
),

named_category as materialized (
    select distinct cost_category_text from {{ ref('int_synergie__expense') }}
    where cost_category_text is not null
),

preparation as (
    select named_category.cost_category_text
    from named_category
    where {{ normalise_text('named_category.cost_category_text') }} ~ '\m(preparation|preparazione)\M'
)

-- What most rules look at stands first, long texts last: a rule that reads all lines unpacks no more than it needs.
select
    expense.record_key,
    partner.project_id,
    partner.partner_id,
    expense.claim_number,
    expense.cost_category_code,
    coalesce(
        expense.cost_method_code = 'REAL',
        expense.amount_gross_given is not null or expense.invoice_number is not null
    ) as is_real_cost,
    preparation.cost_category_text is not null as is_preparation,
    -- Out of the claim for now: control put it aside or refused it, and it may be declared again.
    expense.expense_status_code in ('REJECTED', 'PARKED') as is_set_aside,
    expense.is_sensitive,
    expense.is_vat_recoverable,
    expense.has_ambiguous_amount,
    expense.invoice_date,
    expense.payment_date,
    claim.submission_date,
    least(expense.control_date, claim.certificate_date) as control_date,
    expense.claim_period_start_date,
    expense.claim_period_end_date,
    cast(substring(expense.claim_number from '^[0-9]{1,4}$') as integer) as claim_sequence,
    expense.amount_declared_eur,
    expense.amount_certified_eur,
    expense.amount_rejected_eur,
    expense.amount_erdf_eur,
    expense.amount_national_public_eur,
    expense.amount_self_financing_eur,
    expense.amount_net_given,
    expense.amount_vat_given,
    expense.amount_gross_given,
    expense.imputation_pct,
    coalesce(expense.imputation_pct, 100) / 100 as imputation_share,
    case
        when expense.currency_code = 'EUR' then 1 when expense.exchange_rate > 0 then expense.exchange_rate
    end as document_rate,
    expense.currency_code,
    expense.claim_currency_code,
    expense.expense_status_code,
    expense.document_type_code,
    expense.cost_method_code,
    office_wording.office_term,
    expense.project_activity_code as activity_code,
    expense.partner_key,
    expense.delegate_key,
    partner.country_code as partner_country_code,
    {{ alphanumeric('expense.cup_given') }} as cup_code,
    coalesce(supplier.organisation_id, {{ alphanumeric('expense.supplier_id_given') }}) as supplier_identity,
    supplier_spelling.supplier_key,
    {{ invoice_key('expense.invoice_number') }} as invoice_key,
    expense.expense_number,
    'exp_' || md5(expense.source_id || '|' || expense.record_key) as expense_id,
    expense.project_key,
    partner.partner_role_code,
    expense.delegate_name,
    coalesce(
        expense.work_package_code, nullif(split_part(expense.project_activity_code, '.', 1), '')
    ) as work_package_code,
    expense.cost_category_text,
    expense.supplier_name,
    expense.invoice_number,
    pay_wording.hours_worked,
    pay_wording.hourly_rate_eur,
    expense.exchange_rate,
    expense.exchange_month,
    expense.amount_declared_given,
    expense.certificate_number,
    expense.other_readings,
    expense.source_file_name,
    expense.source_sheet_name,
    expense.source_row_number
from {{ ref('int_synergie__expense') }} as expense
inner join {{ ref('int_partner') }} as partner
    on expense.project_key = partner.project_key and expense.partner_key = partner.partner_key
left join {{ ref('int_expense_supplier') }} as supplier on expense.record_key = supplier.record_key
left join {{ ref('int_money_claim') }} as claim
    on
        expense.project_key = claim.project_key
        and expense.partner_key = claim.partner_key
        and expense.claim_number = claim.claim_number
        and claim.claim_level_code = 'PARTNER'
left join supplier_spelling on expense.supplier_name = supplier_spelling.supplier_name
left join office_wording
    on expense.expense_text = office_wording.expense_text and expense.cost_category_code is distinct from 'STAFF'
left join pay_wording on expense.expense_text = pay_wording.expense_text and expense.cost_category_code = 'STAFF'
left join preparation on expense.cost_category_text = preparation.cost_category_text
