{{ config(
    materialized='table',
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

wording as (
    select
        said.expense_text,
        {{ normalise_text('said.expense_text') }} as text_key,
        cast(replace(substring(
            lower(said.expense_text) from '([0-9]{1,4}(?:[.,][0-9]{1,2})?)\s*(?:h|heures?|ore|ora|hours?)\M'
        ), ',', '.') as numeric) as hours_worked,
        cast(replace(substring(
            lower(said.expense_text)
            from '([0-9]{1,3}(?:[.,][0-9]{1,2})?)\s*(?:€|eur|euros?)\s*/\s*(?:h|heure|ora|hour)\M'
        ), ',', '.') as numeric) as hourly_rate_eur
    from (
        select distinct expense_text from {{ ref('int_synergie__expense') }}
        where expense_text is not null
    ) as said
),

-- Words of the closed list of office items, as one pattern.
office_words as (
    select '\m(' || string_agg(term_normalised, '|') || ')\M' as pattern
    from {{ ref('office_item_term') }}
),

office_wording as (
    select
        wording.*,
        substring(wording.text_key from office_words.pattern) as office_term
    from wording
    cross join office_words
),

preparation as (
    select named.cost_category_text
    from (
        select distinct cost_category_text from {{ ref('int_synergie__expense') }}
        where cost_category_text is not null
    ) as named
    where {{ normalise_text('named.cost_category_text') }} ~ '\m(preparation|preparazione)\M'
)

select
    'exp_' || md5(expense.source_id || '|' || expense.record_key) as expense_id,
    expense.record_key,
    partner.project_id,
    partner.partner_id,
    expense.project_key,
    expense.partner_key,
    partner.partner_role_code,
    partner.country_code as partner_country_code,
    {{ alphanumeric('expense.cup_given') }} as cup_code,
    expense.delegate_key,
    expense.delegate_name,
    expense.expense_number,
    expense.claim_number,
    cast(substring(expense.claim_number from '^[0-9]{1,4}$') as integer) as claim_sequence,
    expense.claim_period_start_date,
    expense.claim_period_end_date,
    coalesce(
        expense.work_package_code, nullif(split_part(expense.project_activity_code, '.', 1), '')
    ) as work_package_code,
    expense.project_activity_code as activity_code,
    expense.cost_category_code,
    expense.cost_category_text,
    preparation.cost_category_text is not null as is_preparation,
    expense.cost_method_code,
    coalesce(
        expense.cost_method_code = 'REAL',
        expense.amount_gross_given is not null or expense.invoice_number is not null
    ) as is_real_cost,
    expense.document_type_code,
    expense.supplier_name,
    supplier_spelling.supplier_key,
    coalesce(supplier.organisation_id, {{ alphanumeric('expense.supplier_id_given') }}) as supplier_identity,
    expense.invoice_number,
    {{ invoice_key('expense.invoice_number') }} as invoice_key,
    expense.invoice_date,
    expense.payment_date,
    claim.submission_date,
    least(expense.control_date, claim.certificate_date) as control_date,
    office_wording.office_term,
    case when expense.cost_category_code = 'STAFF' then office_wording.hours_worked end as hours_worked,
    case when expense.cost_category_code = 'STAFF' then office_wording.hourly_rate_eur end as hourly_rate_eur,
    expense.amount_net_given,
    expense.amount_vat_given,
    expense.amount_gross_given,
    expense.is_vat_recoverable,
    expense.imputation_pct,
    coalesce(expense.imputation_pct, 100) / 100 as imputation_share,
    expense.currency_code,
    case
        when expense.currency_code = 'EUR' then 1 when expense.exchange_rate > 0 then expense.exchange_rate
    end as document_rate,
    expense.claim_currency_code,
    expense.exchange_rate,
    expense.exchange_month,
    expense.amount_declared_eur,
    expense.amount_declared_given,
    expense.amount_certified_eur,
    expense.amount_rejected_eur,
    expense.amount_erdf_eur,
    expense.amount_national_public_eur,
    expense.amount_self_financing_eur,
    expense.certificate_number,
    expense.expense_status_code,
    -- Out of the claim for now: control put it aside or refused it, and it may be declared again.
    expense.expense_status_code in ('REJECTED', 'PARKED') as is_set_aside,
    expense.has_ambiguous_amount,
    expense.other_readings,
    expense.is_sensitive,
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
left join office_wording on expense.expense_text = office_wording.expense_text
left join preparation on expense.cost_category_text = preparation.cost_category_text
