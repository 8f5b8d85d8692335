{{ config(
    materialized='table', indexes=[{'columns': ['organisation_id']}, {'columns': ['mention_id'], 'unique': true}],
    meta={'statistics': ['mention_id', 'organisation_id', 'source_id', 'role', 'is_publishable', 'name', 'country_code']}
) }}

-- Mentions with their organisation and the rank in which they are believed, field by field: what is said of a seat that
-- a body keeps in the other country comes last; otherwise the register of the
-- chambers (filled from the Registro Imprese) before ACTIF (entered by advisers), before programme files, before
-- directories; within a source the latest statement; then the smallest record key, so that ties never flicker.
select
    mention.*,
    cluster.organisation_id,
    cluster.link_method,
    cluster.link_score,
    place.country_code as place_country_code,
    place.territory_code,
    place.lau_code,
    place.nuts3_code,
    place.postcode,
    place.geocode_method_code,
    place.point_origin_code,
    place.latitude as point_latitude,
    place.longitude as point_longitude,
    row_number() over (
        partition by cluster.organisation_id
        order by
            cluster.is_foreign_seat asc,
            case mention.source_id
                when 'elenco_sottoprodotti' then 1 when 'actif' then 2 when 'synergie' then 3 else 4
            end asc,
            mention.updated_on desc nulls last,
            mention.member_key collate "C" asc
    ) as member_rank
from {{ ref('int_organisation_mention') }} as mention
inner join {{ ref('int_organisation_cluster') }} as cluster on mention.mention_id = cluster.mention_id
left join {{ ref('int_place') }} as place on mention.place_id = place.place_id
