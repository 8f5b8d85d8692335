{{ config(
    materialized='incremental', indexes=[{'columns': ['place_id'], 'unique': true}],
    pre_hook="{{ forget_gone(ref('int_place_given'), ['place_id']) }}"
) }}

-- One row per distinct description of a place: its commune and its point. The point must lie in or near the commune
-- (its reach, plus two kilometres because sources round coordinates and offices sit at the edge); 0/0 is not a point;
-- a point whose axes are swapped is turned and said so; any other far point is dropped and the commune's seat taken. The
-- very centroid of the commune is what a geocoder answers that found no street: it stays, as the centre and not as a place.
-- Without a commune from the text, the commune whose centre is nearest within its reach is taken.
with given as (
    select
        place.*,
        coalesce(place.latitude = 0 and place.longitude = 0, false) as is_null_island
    from {{ ref('int_place_given') }} as place
    where {{ is_not_kept('place', ['place_id']) }}
),

described as (
    select
        given.place_id,
        given.country_code,
        case when not given.is_null_island then given.latitude end as latitude,
        case when not given.is_null_island then given.longitude end as longitude,
        given.is_null_island,
        place_text.lau_code,
        place_text.method,
        place_text.nuts3_code,
        place_text.resolved_country_code,
        place_text.postcode,
        place_text.is_zero_restored
    from given
    left join {{ ref('int_place_text') }} as place_text on given.place_text_id = place_text.place_text_id
),

measured as (
    select
        described.*,
        lau.latitude as centre_latitude,
        lau.longitude as centre_longitude,
        coalesce(lau.seat_latitude, lau.latitude) as seat_latitude,
        coalesce(lau.seat_longitude, lau.longitude) as seat_longitude,
        lau.reach_km + 2 as reach_km,
        {{ haversine_km('described.latitude', 'described.longitude', 'lau.latitude', 'lau.longitude') }} as distance_km,
        {{ haversine_km('described.longitude', 'described.latitude', 'lau.latitude', 'lau.longitude') }} as swapped_distance_km
    from described
    left join {{ ref('territory_lau') }} as lau
        on described.lau_code = lau.lau_code and described.resolved_country_code = lau.country_code
),

judged as (
    select
        *,
        case
            when latitude is null or longitude is null then 'none'
            when lau_code is null then 'unchecked'
            -- The lists give centroids to ten metres; nobody lives on one.
            when distance_km <= 0.02 then 'centre'
            when distance_km <= reach_km then 'near'
            when swapped_distance_km <= reach_km then 'swapped'
            else 'far'
        end as point_check
    from measured
),

nearest as (
    select
        judged.place_id,
        candidate.lau_code,
        candidate.country_code,
        candidate.nuts3_code
    from judged
    cross join
        lateral (
            select
                lau.lau_code,
                lau.country_code,
                lau.nuts3_code
            from {{ ref('territory_lau') }} as lau
            where
                -- A rough box first: 0.2 degrees are more than any commune's reach.
                lau.latitude between judged.latitude - 0.2 and judged.latitude + 0.2
                and lau.longitude between judged.longitude - 0.3 and judged.longitude + 0.3
                and coalesce(judged.country_code, lau.country_code) = lau.country_code
                and {{ haversine_km('judged.latitude', 'judged.longitude', 'lau.latitude', 'lau.longitude') }} <= lau.reach_km
            order by
                {{ haversine_km('judged.latitude', 'judged.longitude', 'lau.latitude', 'lau.longitude') }} / lau.reach_km,
                lau.lau_code
            limit 1
        ) as candidate
    where judged.point_check = 'unchecked'
)

select
    judged.place_id,
    coalesce(judged.resolved_country_code, nearest.country_code) as country_code,
    coalesce(judged.lau_code, nearest.lau_code) as lau_code,
    coalesce(judged.nuts3_code, nearest.nuts3_code) as nuts3_code,
    judged.postcode,
    case
        when judged.lau_code is not null then judged.method
        when nearest.lau_code is not null then 'COORDINATES'
        when judged.nuts3_code is not null then 'PROVINCE'
        when judged.country_code is not null then 'COUNTRY'
        else 'NONE'
    end as geocode_method_code,
    coalesce(judged.is_zero_restored, false) as is_zero_restored,
    judged.point_check,
    judged.is_null_island,
    cast(case judged.point_check
        when 'near' then judged.latitude
        when 'centre' then judged.latitude
        when 'unchecked' then judged.latitude
        when 'swapped' then judged.longitude
        else judged.seat_latitude
    end as numeric(9, 6)) as latitude,
    cast(case judged.point_check
        when 'near' then judged.longitude
        when 'centre' then judged.longitude
        when 'unchecked' then judged.longitude
        when 'swapped' then judged.latitude
        else judged.seat_longitude
    end as numeric(9, 6)) as longitude,
    case
        when judged.point_check in ('near', 'unchecked') then 'SOURCE'
        when judged.point_check = 'swapped' then 'SOURCE_SWAPPED'
        when judged.seat_latitude is not null then 'MUNICIPALITY_CENTRE'
    end as point_origin_code,
    coalesce(
        coalesce(judged.resolved_country_code, nearest.country_code) || '_' || coalesce(judged.lau_code, nearest.lau_code),
        judged.nuts3_code,
        judged.country_code
    ) as territory_code
from judged
left join nearest on judged.place_id = nearest.place_id
