{{ config(materialized='table', indexes=[{'columns': ['unit_given'], 'unique': true}]) }}

-- Unit and period that a unit text names, once per distinct text: "t/an", "q.li all'anno", "m3 par mois". The text is
-- read as one unit first, so that "jours" is days of work and only "kg/jour" is a daily weight.
with unit_text as (
    select distinct
        unit_given,
        {{ normalise_text('unit_given') }} as unit_key
    from {{ ref('int_flow_record') }}
    where unit_given is not null
),

split as (
    select
        unit_given,
        unit_key,
        btrim(regexp_replace(unit_key, '( (par|per|al|all|alla|a|l|ogni))* [a-z]+$', '')) as unit_part,
        substring(unit_key from ' ([a-z]+)$') as period_part
    from unit_text
)

select
    split.unit_given,
    coalesce(whole.code, unit.code) as unit_code,
    coalesce(whole.dimension, unit.dimension) as dimension,
    coalesce(whole.factor, unit.factor) as factor,
    case when whole.source_value is null then period.code end as period_code,
    case when whole.source_value is null then period.per_year end as per_year
from split
left join {{ ref('_map_unit_term') }} as whole on split.unit_key = whole.source_value
left join {{ ref('_map_period_term') }} as period
    on whole.source_value is null and split.period_part = period.source_value
left join {{ ref('_map_unit_term') }} as unit
    on whole.source_value is null and period.source_value is not null and split.unit_part = unit.source_value
