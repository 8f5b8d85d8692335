{{ config(materialized='table', indexes=[{'columns': ['mention_id']}, {'columns': ['scheme', 'value']}]) }}

-- Every identifier a mention carries, recognised by its own shape and never by the field it stood in: a SIREN in
-- a SIRET field is a SIREN. A value that fits no shape, or fails its check digit, is kept as given and flagged;
-- nothing is padded or repaired.
with given as (
    select mention_id, country_code, 'business' as field, business_id_given as value_given
    from {{ ref('int_organisation_mention') }}
    where business_id_given is not null
    union all
    select mention_id, country_code, 'tax' as field, tax_id_given as value_given
    from {{ ref('int_organisation_mention') }}
    where tax_id_given is not null
    union all
    select mention_id, country_code, 'rea' as field, rea_given as value_given
    from {{ ref('int_organisation_mention') }}
    where rea_given is not null
),

cleaned as (
    select
        mention_id,
        country_code,
        field,
        value_given,
        {{ alphanumeric('value_given') }} as value
    from given
),

recognised as (
    select
        mention_id,
        country_code,
        field,
        value_given,
        value,
        case
            when field = 'rea' then 'rea'
            when value ~ '^FR[0-9A-Z]{2}[0-9]{9}$' then 'vat'
            when value ~ '^IT[0-9]{11}$' then 'vat'
            when value ~ '^CHE[0-9]{9}' then 'ch_uid'
            when value ~ '^[0-9]{14}$' then 'siret'
            when value ~ '^[0-9]{9}$' and country_code is distinct from 'IT' then 'siren'
            when value ~ '^[0-9]{11}$' and country_code is distinct from 'FR'
                then case when field = 'tax' then 'codice_fiscale' else 'partita_iva' end
            when value ~ '^[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]$'
                then 'codice_fiscale'
            when value ~ '^W[0-9]{9}$' then 'rna'
            when country_code = 'IT' then case when field = 'tax' then 'codice_fiscale' else 'partita_iva' end
            when country_code = 'FR' then 'siret'
            else 'other'
        end as scheme
    from cleaned
    where value is not null
),

checked as (
    select
        mention_id,
        country_code,
        scheme,
        value_given,
        value,
        coalesce(case scheme
            when 'siret' then {{ is_siret('value') }}
            when 'siren' then {{ is_siren('value') }}
            when 'partita_iva' then {{ is_partita_iva('value') }}
            when 'codice_fiscale' then
                case when length(value) = 11
                    then {{ is_partita_iva('value') }} or (value ~ '^[89][0-9]{10}$' and {{ luhn_valid('value', 11) }})
                    else {{ is_codice_fiscale_person('value') }}
                end
            when 'vat' then
                case when value like 'FR%'
                    then {{ is_vat_fr('value') }}
                    else {{ is_partita_iva('substr(value, 3, 11)') }}
                end
            when 'rea' then value ~ '^[A-Z]{2}[0-9]{1,7}$'
            when 'rna' then true
        end, false) as is_valid
    from recognised
)

select distinct
    mention_id,
    scheme,
    value,
    value_given,
    is_valid,
    scheme = 'codice_fiscale' and length(value) = 16 as is_personal,
    -- What two mentions must share to be one organisation. A SIRET and a French VAT number contain the SIREN;
    -- an Italian company's VAT number and codice fiscale are one number space. REA numbers are not yet compared.
    case
        when not is_valid then null
        when scheme in ('siret', 'siren') then 'FR:' || substr(value, 1, 9)
        when scheme = 'vat' and value like 'FR%' then 'FR:' || substr(value, 5, 9)
        when scheme = 'vat' then 'IT:' || substr(value, 3, 11)
        when scheme in ('partita_iva', 'codice_fiscale') then 'IT:' || value
        when scheme = 'rna' then 'FR:' || value
    end as identity_key
from checked
