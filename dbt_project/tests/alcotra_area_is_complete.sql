{{ config(severity='error', meta={'owner': 'reference-data'}, tags=['release']) }}

-- Nine NUTS 3 areas are eligible in 2021-2027, and they hold 1,774 municipalities.
with found as (
    select
        count(*) filter (where territory_level_code = 'NUTS3') as areas,
        count(*) filter (where territory_level_code = 'LAU') as municipalities
    from {{ ref('territory') }}
    where eligibility_2021_2027_code = 'CORE'
)

select *
from found
where areas <> 9 or municipalities <> 1774
