{{ config(
    materialized='incremental', indexes=[{'columns': ['mention_id']}, {'columns': ['identity_key']}],
    pre_hook="{{ forget_gone(ref('int_organisation_mention'), ['mention_id']) }}"
) }}

-- Every identifier a mention carries, recognised by its own shape and never by the field it stood in: a SIREN in
-- a SIRET field is a SIREN. A number that fits no shape, or fails its check digit, is kept as given and flagged;
-- nothing is padded or repaired.
with mention as (
    select * from {{ ref('int_organisation_mention') }} as told
    where {{ is_not_kept('told', ['mention_id']) }}
),

given as (
    select
        mention_id,
        country_code,
        'business' as field,
        business_id_given as identifier_given
    from mention
    where business_id_given is not null
    union all
    select
        mention_id,
        country_code,
        'tax' as field,
        tax_id_given as identifier_given
    from mention
    where tax_id_given is not null
    union all
    select
        mention_id,
        country_code,
        'rea' as field,
        rea_given as identifier_given
    from mention
    where rea_given is not null
),

cleaned as (
    select
        *,
        {{ alphanumeric('identifier_given') }} as identifier
    from given
),

recognised as (
    select
        *,
        case
            when field = 'rea' then 'REA'
            when identifier ~ '^FR[0-9A-Z]{2}[0-9]{9}$' then 'FR_VAT'
            when identifier ~ '^IT[0-9]{11}$' then 'IT_VAT'
            when identifier ~ '^CHE[0-9]{9}' then 'CH_UID'
            when identifier ~ '^W[0-9]{9}$' then 'RNA'
            when identifier ~ '^[0-9]{14}$' then 'SIRET'
            when identifier ~ '^[0-9]{9}$' and coalesce(country_code, '') <> 'IT' then 'SIREN'
            -- Eleven digits are Italian, in France only if the check digit says so too.
            when
                identifier ~ '^[0-9]{11}$'
                and (coalesce(country_code, '') <> 'FR' or {{ is_partita_iva('identifier') }})
                then case when field = 'tax' then 'IT_CF' else 'IT_VAT' end
            when identifier ~ '^[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]$' then 'IT_CF'
            when country_code = 'IT' then case when field = 'tax' then 'IT_CF' else 'IT_VAT' end
            when country_code = 'FR' then 'SIRET'
            else 'OTHER'
        end as scheme
    from cleaned
    where identifier is not null
),

shaped as (
    select
        *,
        scheme = 'IT_CF' and identifier ~ '[A-Z]' as is_personal,
        -- One figure repeated, or counted up, is what people type into a mandatory field.
        identifier ~ '^([0-9])\1+$' or identifier in ('12345678901234', '123456789', '12345678901', '11122233344455') as is_dummy,
        case scheme
            when 'SIRET' then identifier ~ '^[0-9]{14}$'
            when 'SIREN' then identifier ~ '^[0-9]{9}$'
            when 'IT_VAT' then identifier ~ '^(IT)?[0-9]{11}$'
            when 'IT_CF' then identifier ~ '^([0-9]{11}|[A-Z]{6}[0-9A-Z]{10})$'
            when 'FR_VAT' then true
            when 'RNA' then true
            when 'CH_UID' then identifier ~ '^CHE[0-9]{9}(MWST|TVA|IVA)?$'
            when 'REA' then identifier ~ '^[A-Z]{2}[0-9]{1,7}$'
        end as has_shape,
        case scheme
            when 'SIRET' then {{ is_siret('identifier') }}
            when 'SIREN' then {{ is_siren('identifier') }}
            when 'IT_VAT' then {{ is_partita_iva('right(identifier, 11)') }}
            when 'IT_CF'
                then case
                        when identifier !~ '^[0-9]+$' then {{ is_codice_fiscale_person('identifier') }}
                        -- Bodies without a VAT number have codes that begin with 8 or 9 and no province office.
                        when identifier ~ '^[89][0-9]{10}$' then {{ luhn_valid('identifier', 11) }}
                        else {{ is_partita_iva('identifier') }}
                    end
            when 'FR_VAT' then {{ is_vat_fr('identifier') }}
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
    case when scheme = 'IT_VAT' then right(identifier, 11) else identifier end as identifier,
    identifier_given,
    status,
    is_personal,
    -- What two mentions must share to be one organisation. A SIRET and a French VAT number contain the SIREN;
    -- an Italian company's VAT number and codice fiscale are one number space. REA numbers are not compared:
    -- each chamber counts for itself and files often omit the chamber.
    case
        when status <> 'VALID' then null
        when scheme in ('SIRET', 'SIREN') then 'FR:' || substr(identifier, 1, 9)
        when scheme = 'FR_VAT' then 'FR:' || substr(identifier, 5, 9)
        when scheme = 'IT_VAT' then 'IT:' || right(identifier, 11)
        when scheme = 'IT_CF' then 'IT:' || identifier
    end as identity_key
from judged
