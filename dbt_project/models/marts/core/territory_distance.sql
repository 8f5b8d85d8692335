-- Distances as the matching step worked them out (docs/explanation/harmonisation.md): only between municipalities that
-- have an offer and a demand of one material on the two sides of the border.
select
    territory_code,
    other_territory_code,
    distance_km,
    distance_method_code,
    crossing_code,
    summer_distance_km,
    summer_crossing_code
from {{ source('matching', 'territory_route') }}
where is_wanted
