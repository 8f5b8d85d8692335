{{ config(materialized='table') }}

-- Partners and identified suppliers as organisations. A supplier without an official number is left out: a name alone,
-- without a place, cannot tell two firms apart, and on staff and travel lines it is often a person.
with named as (
    select
        'synergie' as source_id,
        stream_name,
        record_key,
        'partner:' || partner_key as role,
        partner_name as name,
        country_code,
        cast(null as text) as business_id_given,
        cast(null as date) as updated_on
    from {{ ref('int_synergie__participation') }}

    union all

    select
        source_id,
        stream_name,
        record_key,
        'supplier' as role,
        supplier_name as name,
        case
            when {{ alphanumeric('supplier_id_given') }} ~ '^(FR.{2}[0-9]{9}|[0-9]{14}|[0-9]{9})$' then 'FR'
            when {{ alphanumeric('supplier_id_given') }} ~ '^(IT)?[0-9]{11}$' then 'IT'
            when {{ alphanumeric('supplier_id_given') }} ~ '^CHE' then 'CH'
        end as country_code,
        supplier_id_given as business_id_given,
        invoice_date as updated_on
    from {{ ref('int_synergie__expense') }}
    where supplier_name is not null and supplier_id_given is not null and not is_sensitive
),

-- Of neither does an export say where it is or what it does.
mention as (
    select
        source_id,
        stream_name,
        record_key,
        role,
        name,
        cast(null as text) as site_name,
        country_code,
        business_id_given,
        cast(null as text) as tax_id_given,
        cast(null as text) as rea_given,
        cast(null as text) as activity_code_given,
        cast(null as text) as activity_revision_code,
        cast(null as text) as street_given,
        cast(null as text) as postcode_given,
        cast(null as text) as municipality_given,
        cast(null as text) as province_given,
        cast(null as text) as lau_given,
        cast(null as numeric) as latitude,
        cast(null as numeric) as longitude,
        cast(null as text) as phone_given,
        cast(null as text) as email_given,
        cast(null as text) as website_given,
        updated_on,
        true as is_publishable
    from named
    where name is not null
)

select
    *,
    {{ mention_id() }} as mention_id,
    {{ place_id() }} as place_id
from mention
