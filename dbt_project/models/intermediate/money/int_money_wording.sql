{{ config(
    materialized='table',
    indexes=[{'columns': ['text_kind_code', 'text_given'], 'unique': true}],
    meta={'statistics': ['text_kind_code', 'text_given']}
) }}

-- What is read out of texts, once for each of those that many lines repeat: the key of a supplier's name, hours and
-- rate of a pay line, an item of the closed list of office costs, a category that means preparation costs.
with office_words as (
    select '\m(' || string_agg(term_normalised, '|') || ')\M' as pattern
    from {{ ref('office_item_term') }}
),

-- One pass for the three columns.
given as (
    select
        case
            when grouping(expense_text) = 0 then case when is_pay then 'PAY' else 'LABEL' end
            when grouping(supplier_name) = 0 then 'SUPPLIER'
            else 'CATEGORY'
        end as text_kind_code,
        coalesce(expense_text, supplier_name, cost_category_text) as text_given
    from (
        select
            coalesce(cost_category_code = 'STAFF', false) as is_pay,
            expense_text,
            supplier_name,
            cost_category_text
        from {{ ref('int_synergie__expense') }}
    ) as line
    group by grouping sets ((is_pay, expense_text), (supplier_name), (cost_category_text))
    having coalesce(expense_text, supplier_name, cost_category_text) is not null
)

select
    given.text_kind_code,
    given.text_given,
    case when given.text_kind_code = 'SUPPLIER' then {{ supplier_name_key('given.text_given') }} end as supplier_key,
    case
        when given.text_kind_code = 'LABEL'
            then substring({{ normalise_text('given.text_given') }} from office_words.pattern)
    end as office_term,
    case
        when given.text_kind_code = 'PAY'
            then cast(replace(substring(
                    lower(given.text_given) from '([0-9]{1,4}(?:[.,][0-9]{1,2})?)\s*(?:h|heures?|ore|ora|hours?)\M'
                ), ',', '.') as numeric)
    end as hours_worked,
    case
        when given.text_kind_code = 'PAY'
            then cast(replace(substring(
                    lower(given.text_given)
                    from '([0-9]{1,3}(?:[.,][0-9]{1,2})?)\s*(?:€|eur|euros?)\s*/\s*(?:h|heure|ora|hour)\M'
                ), ',', '.') as numeric)
    end as hourly_rate_eur,
    given.text_kind_code = 'CATEGORY'
    and {{ normalise_text('given.text_given') }} ~ '\m(preparation|preparazione)\M' as is_preparation
from given
cross join office_words
