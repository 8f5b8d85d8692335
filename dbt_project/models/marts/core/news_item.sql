-- News of all feeds whose licence lets them be passed on. An item is about a place only where its feed says so: the
-- reference is the place's id in the same instance, or its full key. Authors are never read.
select
    'news_' || md5('tiers_lieux|' || actualite.record_key) as news_item_id,
    cluster.third_place_id,
    actualite.titre as news_title,
    {{ redact_contacts('actualite.resume') }} as summary_text,
    case
        when left(lower(actualite.langue), 2) in ('fr', 'it', 'en', 'de') then left(lower(actualite.langue), 2)
        else 'und'
    end as language_code,
    nullif(actualite.categories, cast(array[] as text[])) as category_texts,
    actualite.url as news_url,
    actualite.date_publication as published_at,
    actualite.date_maj as updated_at,
    actualite.licence as licence_text,
    actualite.attribution as attribution_text,
    'tiers_lieux' as source_id,
    actualite.record_key as source_record_key,
    status.is_stale
from {{ ref('stg_tiers_lieux__actualites') }} as actualite
inner join {{ ref('int_source_status') }} as status
    on status.source_id = 'tiers_lieux' and status.stream_name = 'actualites'
left join lateral (
    select listing.third_place_id
    from {{ ref('int_third_place_cluster') }} as listing
    inner join {{ ref('int_third_place') }} as place on listing.third_place_id = place.third_place_id
    where listing.record_key in (actualite.lieu_reference, actualite.instance || ':' || actualite.lieu_reference)
    order by listing.record_key
    limit 1
) as cluster on true
where actualite.redistribuable
