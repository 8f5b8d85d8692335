{{ config(
    materialized='incremental',
    indexes=[{'columns': ['source_id', 'record_key'], 'unique': true}],
    pre_hook="{{ forget_gone(ref('int_flow_record'), ['source_id', 'record_key', 'payload_hash']) }}"
) }}

-- What a flow's own record says, read: quantity per year, months, List of Waste code, treatment, activity, and the keys of
-- its text and of its operator. What the source gave stays beside every derived value, and each derived value says how it
-- was obtained. Nothing here depends on any other record.
with record as (
    select * from {{ ref('int_flow_record') }} as given
    where {{ is_not_kept('given', ['source_id', 'record_key']) }}
),

waste_code as (
    -- Digits are what counts: "03 01 04*", "030104", "03.01.04", "200140-CAVO".
    select
        source_id,
        record_key,
        {{ digits("substring(low_code_given from '^[^A-Za-z*]*')") }} as low_digits
    from record
    where low_code_given is not null
),

listed_code as (
    select
        low_code,
        is_hazardous
    from {{ ref('low_code') }}
    where low_level = 'code'
),

recognised_code as (
    select
        waste_code.source_id,
        waste_code.record_key,
        listed_code.low_code,
        listed_code.is_hazardous
    from waste_code
    -- A spreadsheet may have eaten the first zero; five digits are put right only if that gives a code of the list.
    inner join listed_code
        on listed_code.low_code = case
                when length(waste_code.low_digits) = 5 then '0' || waste_code.low_digits else waste_code.low_digits
            end
),

quantified as (
    select
        flow.*,
        unit.unit_code,
        unit.dimension,
        unit.factor,
        coalesce(
            unit.period_code, flow.frequency_period_code, case when flow.quantity_given is not null then 'YEAR' end
        ) as period_code,
        coalesce(unit.period_code, flow.frequency_period_code) is not null as is_period_stated,
        coalesce(
            unit.per_year, case when unit.period_code is null and coalesce(flow.frequency_period_code, 'YEAR') = 'YEAR' then 1 end
        ) as per_year
    from record as flow
    left join {{ ref('int_unit') }} as unit on flow.unit_given = unit.unit_given
),

converted as (
    select
        *,
        quantity_given * factor * per_year as quantity_per_year
    from quantified
)

select
    flow.source_id,
    flow.stream_name,
    flow.record_key,
    'flow_' || md5(flow.source_id || '|' || flow.record_key) as flow_id,
    flow.direction_code,
    flow.flow_type_code,
    flow.legal_status_code,
    flow.material_text,
    flow.material_description_text,
    {{ redact_contacts('flow.material_description_text') }} as material_description_redacted,
    flow.material_language_code,
    {{ material_text_hash('flow') }} as text_hash,
    recognised_code.low_code,
    case when recognised_code.low_code is not null then flow.detail_origin_code end as low_code_origin_code,
    coalesce(recognised_code.is_hazardous, flow.is_hazardous_given) as is_hazardous,
    flow.quantity_given,
    flow.quantity_min_given,
    flow.quantity_max_given,
    flow.unit_given,
    flow.unit_code,
    flow.period_code,
    case when flow.dimension = 'mass' then flow.quantity_per_year end as quantity_t_per_year,
    case when flow.dimension = 'volume' then flow.quantity_per_year end as quantity_m3_per_year,
    case when flow.dimension = 'energy' then flow.quantity_per_year end as quantity_mwh_per_year,
    case
        when flow.quantity_per_year is null then 'UNKNOWN'
        when flow.detail_origin_code = 'EXTRACTED' then 'EXTRACTED'
        when not flow.is_period_stated then 'ASSUMED'
        when flow.factor = 1 and flow.per_year = 1 then 'GIVEN'
        else 'CONVERTED'
    end as quantity_basis_code,
    season.month_mask,
    season.months,
    flow.physical_state_code,
    coalesce(
        treatment.code,
        regexp_replace(substring(upper(flow.treatment_given) from '^\s*(R\s?(?:1[0-3]|[1-9])|D\s?(?:1[0-5]|[1-9]))\M'), '\s', '')
    ) as treatment_operation_code,
    flow.confidentiality_code,
    flow.is_active,
    activity.activity_code,
    case when activity.activity_code is not null then flow.activity_role_code end as activity_role_code,
    flow.source_url,
    flow.source_updated_date,
    mention.mention_id,
    flow.payload_hash
from converted as flow
left join recognised_code on flow.source_id = recognised_code.source_id and flow.record_key = recognised_code.record_key
left join {{ ref('int_season') }} as season on flow.season_given = season.season_text
left join {{ ref('_map_treatment_term') }} as treatment
    on {{ normalise_text('flow.treatment_given') }} = treatment.source_value
left join {{ ref('int_activity_code') }} as activity
    on
        flow.activity_code_given = activity.code_given
        and flow.activity_revision_code = activity.activity_revision_code
left join {{ ref('int_organisation_mention_record') }} as mention
    on flow.source_id = mention.source_id and flow.record_key = mention.record_key and mention.role = 'operator'
