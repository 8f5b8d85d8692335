{{ config(materialized='table') }}

-- Type tokens of each listing. Platforms put several types into one text ("Coworking et fablab", "coworking, foodlab",
-- "Fablab / Makerspace"): the whole text is looked up first, its parts only if it is unknown.
with term as (
    select
        listing.record_key,
        given.term,
        {{ normalise_text('given.term') }} as term_key
    from {{ ref('int_tiers_lieux__third_place') }} as listing
    cross join lateral unnest(listing.types) as given (term)
),

judged as (
    select
        term.*,
        exists(
            select 1 from {{ ref('_map_tiers_lieux__type') }} as known
            where known.source_value = term.term_key
        ) as is_whole_known
    from term
),

token as (
    select
        record_key,
        term,
        term_key as token
    from judged
    where is_whole_known

    union all

    select
        judged.record_key,
        judged.term,
        {{ normalise_text('part.token') }} as token
    from judged
    cross join
        lateral regexp_split_to_table(
            lower(judged.term), '\s*[,;|/+&]\s*|\s+(et|e|and|ou|o)\s+'
        ) as part (token)
    where not judged.is_whole_known
)

select distinct
    token.record_key,
    token.term,
    token.token,
    mapping.code,
    type_rank.rank,
    mapping.source_value is not null as is_known
from token
left join {{ ref('_map_tiers_lieux__type') }} as mapping on token.token = mapping.source_value
left join {{ ref('_map_tiers_lieux__type_rank') }} as type_rank on mapping.code = type_rank.code
where token.token is not null
