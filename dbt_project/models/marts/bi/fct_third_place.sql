with offer as (
    select
        third_place_id,
        cast(count(*) filter (where service_kind_code = 'SERVICE') as integer) as service_count,
        cast(count(*) filter (where service_kind_code = 'EQUIPMENT') as integer) as equipment_count
    from {{ ref('third_place_service') }}
    group by third_place_id
)

select
    place.third_place_id,
    place.third_place_name,
    coalesce(place.organisation_id, 'UNKNOWN') as organisation_id,
    coalesce(place.territory_code, 'UNKNOWN') as territory_code,
    place.third_place_type_code,
    place.place_status_code,
    place.opening_year,
    place.source_updated_date,
    coalesce(offer.service_count, 0) as service_count,
    coalesce(offer.equipment_count, 0) as equipment_count,
    place.opening_hours_osm is not null as has_opening_hours,
    1 as third_place_count,
    place.source_count,
    place.latitude,
    place.longitude,
    place.source_id,
    place.is_stale
from {{ ref('third_place') }} as place
left join offer on place.third_place_id = offer.third_place_id
