-- Services, equipment and audiences of each third place, one row per distinct term; the smallest listing that names
-- it stands for the others.
with term as (
    select
        cluster.third_place_id,
        listing.record_key,
        listing.language_code,
        given.term,
        {{ normalise_text('given.term') }} as term_key,
        false as is_audience
    from {{ ref('int_third_place_cluster') }} as cluster
    inner join {{ ref('int_tiers_lieux__third_place') }} as listing on cluster.record_key = listing.record_key
    cross join lateral unnest(listing.services) as given (term)
    where listing.is_publishable

    union all

    select
        cluster.third_place_id,
        listing.record_key,
        listing.language_code,
        given.term,
        {{ normalise_text('given.term') }} as term_key,
        true as is_audience
    from {{ ref('int_third_place_cluster') }} as cluster
    inner join {{ ref('int_tiers_lieux__third_place') }} as listing on cluster.record_key = listing.record_key
    cross join lateral unnest(listing.publics) as given (term)
    where listing.is_publishable
),

distinct_term as (
    select distinct term_key
    from term
    where not is_audience and term_key is not null
),

recognised as (
    select distinct on (distinct_term.term_key)
        distinct_term.term_key,
        mapping.kind_code,
        mapping.type_code
    from distinct_term
    inner join {{ ref('_map_tiers_lieux__service') }} as mapping
        on distinct_term.term_key ~ ('\m(' || mapping.pattern || ')\M')
    order by distinct_term.term_key, mapping.rank, mapping.pattern
)

select distinct on (term.third_place_id, term.is_audience, term.term_key)
    'tps_' || md5(concat_ws('|', term.third_place_id, case when term.is_audience then 'A' else 'S' end, term.term_key))
        as third_place_service_id,
    term.third_place_id,
    case when term.is_audience then 'AUDIENCE' else coalesce(recognised.kind_code, 'SERVICE') end as service_kind_code,
    case when not term.is_audience then recognised.type_code end as service_type_code,
    term.term as service_text,
    case
        when left(lower(term.language_code), 2) in ('fr', 'it', 'en', 'de') then left(lower(term.language_code), 2)
        else 'und'
    end as language_code,
    'tiers_lieux' as source_id,
    term.record_key as source_record_key
from term
left join recognised on term.term_key = recognised.term_key and not term.is_audience
where term.term_key is not null
order by term.third_place_id, term.is_audience, term.term_key, term.record_key collate "C", term.term collate "C"
