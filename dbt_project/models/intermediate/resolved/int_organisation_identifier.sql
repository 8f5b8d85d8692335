{{ config(materialized='table', indexes=[{'columns': ['mention_id']}, {'columns': ['identity_key']}]) }}

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
        *,
        {{ alphanumeric('value_given') }} as value
    from given
),

recognised as (
    select
        *,
        case
            when field = 'rea' then 'REA'
            when value ~ '^FR[0-9A-Z]{2}[0-9]{9}$' then 'FR_VAT'
            when value ~ '^IT[0-9]{11}$' then 'IT_VAT'
            when value ~ '^CHE[0-9]{9}' then 'CH_UID'
            when value ~ '^W[0-9]{9}$' then 'RNA'
            when value ~ '^[0-9]{14}$' then 'SIRET'
            when value ~ '^[0-9]{9}$' and country_code is distinct from 'IT' then 'SIREN'
            when value ~ '^[0-9]{11}$' and country_code is distinct from 'FR'
                then case when field = 'tax' then 'IT_CF' else 'IT_VAT' end
            when value ~ '^[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]$' then 'IT_CF'
            when country_code = 'IT' then case when field = 'tax' then 'IT_CF' else 'IT_VAT' end
            when country_code = 'FR' then 'SIRET'
            else 'OTHER'
        end as scheme
    from cleaned
    where value is not null
),

shaped as (
    select
        *,
        scheme = 'IT_CF' and value ~ '[A-Z]' as is_personal,
        -- One figure repeated, or counted up, is what people type into a mandatory field.
        value ~ '^([0-9])\1+$' or value in ('12345678901234', '123456789', '12345678901', '11122233344455') as is_dummy,
        case scheme
            when 'SIRET' then value ~ '^[0-9]{14}$'
            when 'SIREN' then value ~ '^[0-9]{9}$'
            when 'IT_VAT' then value ~ '^(IT)?[0-9]{11}$'
            when 'IT_CF' then value ~ '^([0-9]{11}|[A-Z]{6}[0-9A-Z]{10})$'
            when 'FR_VAT' then true
            when 'RNA' then true
            when 'CH_UID' then value ~ '^CHE[0-9]{9}(MWST|TVA|IVA)?$'
            when 'REA' then value ~ '^[A-Z]{2}[0-9]{1,7}$'
        end as has_shape,
        case scheme
            when 'SIRET' then {{ is_siret('value') }}
            when 'SIREN' then {{ is_siren('value') }}
            when 'IT_VAT' then {{ is_partita_iva('right(value, 11)') }}
            when 'IT_CF' then
                case
                    when value !~ '^[0-9]+$' then {{ is_codice_fiscale_person('value') }}
                    -- Bodies without a VAT number have codes that begin with 8 or 9 and no province office.
                    when value ~ '^[89][0-9]{10}$' then {{ luhn_valid('value', 11) }}
                    else {{ is_partita_iva('value') }}
                end
            when 'FR_VAT' then {{ is_vat_fr('value') }}
        end as passes_check
    from recognised
),

judged as (
    select
        *,
        case
            when is_dummy then 'DUMMY'
            when has_shape is null then 'UNCHECKED'
            when not has_shape then 'MALFORMED'
            when passes_check is null then 'UNCHECKED'
            when passes_check then 'VALID'
            else 'CHECKSUM_FAILED'
        end as status
    from shaped
)

select distinct
    mention_id,
    scheme,
    case when scheme = 'IT_VAT' then right(value, 11) else value end as value,
    value_given,
    status,
    is_personal,
    -- What two mentions must share to be one organisation. A SIRET and a French VAT number contain the SIREN;
    -- an Italian company's VAT number and codice fiscale are one number space. REA numbers are not compared:
    -- each chamber counts for itself and files often omit the chamber.
    case
        when status <> 'VALID' then null
        when scheme in ('SIRET', 'SIREN') then 'FR:' || substr(value, 1, 9)
        when scheme = 'FR_VAT' then 'FR:' || substr(value, 5, 9)
        when scheme = 'IT_VAT' then 'IT:' || right(value, 11)
        when scheme = 'IT_CF' then 'IT:' || value
    end as identity_key
from judged
