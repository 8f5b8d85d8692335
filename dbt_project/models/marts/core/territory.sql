with nuts as (
    select
        nuts.*,
        parent.parent_code as grandparent_code,
        grandparent.parent_code as great_grandparent_code
    from {{ ref('nuts') }} as nuts
    left join {{ ref('nuts') }} as parent on nuts.parent_code = parent.nuts_code
    left join {{ ref('nuts') }} as grandparent on parent.parent_code = grandparent.nuts_code
),

eligibility as (
    select
        nuts_code,
        max(case when programme_period = '2007-2013' then tier.code end) as tier_2007_2013,
        max(case when programme_period = '2014-2020' then tier.code end) as tier_2014_2020,
        max(case when programme_period = '2021-2027' then tier.code end) as tier_2021_2027
    from {{ ref('nuts_eligibility') }} as eligibility
    inner join {{ ref('_map_reference__eligibility_tier') }} as tier on eligibility.eligibility_tier = tier.source_value
    group by nuts_code
),

region as (
    select
        nuts.nuts_code as territory_code,
        case nuts.nuts_level
            when 0 then 'COUNTRY' when 1 then 'NUTS1' when 2 then 'NUTS2' when 3 then 'NUTS3'
        end as territory_level_code,
        nuts.parent_code as parent_territory_code,
        nuts.country_code,
        case nuts.nuts_level
            when 1 then nuts.nuts_code when 2 then nuts.parent_code when 3 then nuts.grandparent_code
        end as nuts1_code,
        case nuts.nuts_level when 2 then nuts.nuts_code when 3 then nuts.parent_code end as nuts2_code,
        case nuts.nuts_level when 3 then nuts.nuts_code end as nuts3_code,
        cast(null as text) as lau_code,
        case nuts.country_code when 'IT' then nuts.name_it else nuts.name_fr end as territory_name,
        nuts.name_fr as territory_name_fr,
        nuts.name_it as territory_name_it,
        nuts.name_en as territory_name_en,
        eligibility.tier_2007_2013 as eligibility_2007_2013_code,
        eligibility.tier_2014_2020 as eligibility_2014_2020_code,
        eligibility.tier_2021_2027 as eligibility_2021_2027_code,
        cast(null as numeric) as latitude,
        cast(null as numeric) as longitude
    from nuts
    left join eligibility on nuts.nuts_code = eligibility.nuts_code
),

municipality as (
    select
        lau.country_code || '_' || lau.lau_code as territory_code,
        'LAU' as territory_level_code,
        lau.nuts3_code as parent_territory_code,
        lau.country_code,
        region.nuts1_code,
        region.nuts2_code,
        lau.nuts3_code,
        lau.lau_code,
        lau.name_official as territory_name,
        lau.name_fr as territory_name_fr,
        lau.name_it as territory_name_it,
        lau.name_official as territory_name_en,
        region.eligibility_2007_2013_code,
        region.eligibility_2014_2020_code,
        region.eligibility_2021_2027_code,
        coalesce(lau.seat_latitude, lau.latitude) as latitude,
        coalesce(lau.seat_longitude, lau.longitude) as longitude
    from {{ ref('territory_lau') }} as lau
    inner join region on lau.nuts3_code = region.territory_code
)

select
    territory_code,
    territory_level_code,
    parent_territory_code,
    country_code,
    nuts1_code,
    nuts2_code,
    nuts3_code,
    lau_code,
    territory_name,
    territory_name_fr,
    territory_name_it,
    territory_name_en,
    eligibility_2007_2013_code,
    eligibility_2014_2020_code,
    eligibility_2021_2027_code,
    cast(latitude as numeric(9, 6)) as latitude,
    cast(longitude as numeric(9, 6)) as longitude,
    '2024' as nuts_version
from (
    select * from region
    union all
    select * from municipality
) as unit
