select
    territory.territory_code,
    territory.territory_level_code,
    territory.territory_name_fr,
    territory.territory_name_it,
    territory.territory_name_en,
    territory.country_code,
    country.territory_name_fr as country_name_fr,
    country.territory_name_it as country_name_it,
    country.territory_name_en as country_name_en,
    territory.nuts2_code,
    nuts2.territory_name_fr as nuts2_name_fr,
    nuts2.territory_name_it as nuts2_name_it,
    nuts2.territory_name_en as nuts2_name_en,
    territory.nuts3_code,
    nuts3.territory_name_fr as nuts3_name_fr,
    nuts3.territory_name_it as nuts3_name_it,
    nuts3.territory_name_en as nuts3_name_en,
    territory.eligibility_2021_2027_code,
    territory.latitude,
    territory.longitude
from {{ ref('territory') }} as territory
inner join {{ ref('territory') }} as country on territory.country_code = country.territory_code
left join {{ ref('territory') }} as nuts2 on territory.nuts2_code = nuts2.territory_code
left join {{ ref('territory') }} as nuts3 on territory.nuts3_code = nuts3.territory_code

union all

select
    'UNKNOWN' as territory_code,
    null as territory_level_code,
    'Inconnu' as territory_name_fr,
    'Sconosciuto' as territory_name_it,
    'Unknown' as territory_name_en,
    'ZZ' as country_code,
    'Inconnu' as country_name_fr,
    'Sconosciuto' as country_name_it,
    'Unknown' as country_name_en,
    null as nuts2_code,
    null as nuts2_name_fr,
    null as nuts2_name_it,
    null as nuts2_name_en,
    null as nuts3_code,
    null as nuts3_name_fr,
    null as nuts3_name_it,
    null as nuts3_name_en,
    null as eligibility_2021_2027_code,
    null as latitude,
    null as longitude
