{{ config(materialized='table', indexes=[{'columns': ['unit_given'], 'unique': true}]) }}

-- Unit and period that a unit text names, once per distinct text: "t/an", "q.li all'anno", "m3 par mois". The text is
-- read as one unit first, so that "jours" is days of work and only "kg/jour" is a daily weight. An unknown unit gives
-- no row: the quantity is then kept as given and not converted.
with unit_text as (
    select
        given.unit_given,
        {{ normalise_text('given.unit_given') }} as unit_key
    from (
        select distinct unit_given
        from {{ ref('int_flow_record') }}
        where unit_given is not null
    ) as given
),

known_unit as (
    select distinct
        term.term_normalised,
        unit.unit_code,
        unit.dimension,
        unit.factor * term.term_factor as factor
    from {{ ref('unit_term') }} as term
    inner join {{ ref('unit') }} as unit on term.unit_code = unit.unit_code
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
    coalesce(whole.unit_code, part.unit_code) as unit_code,
    coalesce(whole.dimension, part.dimension) as dimension,
    coalesce(whole.factor, part.factor) as factor,
    case when whole.unit_code is null then period.code end as period_code,
    case when whole.unit_code is null then period.per_year end as per_year
from split
left join known_unit as whole on split.unit_key = whole.term_normalised
left join {{ ref('_map_period_term') }} as period
    on whole.unit_code is null and split.period_part = period.source_value
left join known_unit as part
    on whole.unit_code is null and period.source_value is not null and split.unit_part = part.term_normalised
where coalesce(whole.unit_code, part.unit_code) is not null
