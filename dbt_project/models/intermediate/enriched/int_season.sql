{{ config(materialized='table', indexes=[{'columns': ['season_text'], 'unique': true}]) }}

-- Months that a season text names, once per distinct text: "sept-déc" is a range, "mars, juin" a list, "d'octobre à
-- mars" wraps the year, "été" is a season, "continu" the whole year. A text without a month gives no row.
with season as (
    select distinct season_given as season_text
    from {{ ref('int_flow_record') }}
    where season_given is not null
),

segment as (
    select
        season.season_text,
        part.segment_number,
        part.segment
    from season
    cross join lateral regexp_split_to_table(
        {{ unaccent('season.season_text') }}, '[,;+&]|\met\M|\me\M|\mand\M'
    ) with ordinality as part (segment, segment_number)
),

word as (
    select
        segment.season_text,
        segment.segment_number,
        part.word_number,
        -- "2 fois par an" is not February: numbers count only where the text has no words.
        case
            when part.word ~ '^[a-z]' or segment.season_text !~ '[[:alpha:]]{3,}' then {{ month_number('part.word') }}
        end as month_number,
        {{ season_bits('part.word') }} as season_bits
    from segment
    cross join lateral regexp_split_to_table(segment.segment, '[^a-z0-9]+') with ordinality as part (word, word_number)
),

-- Two months in one segment are the ends of a range; one or more than two stand for themselves.
segment_months as (
    select
        season_text,
        segment_number,
        array_agg(month_number order by word_number) filter (where month_number is not null) as months,
        bit_or(season_bits) as season_bits
    from word
    group by season_text, segment_number
),

segment_mask as (
    select
        season_text,
        coalesce(season_bits, 0)
        | coalesce(case
            when cardinality(months) = 2
                then (
                    select bit_or(1 << (month_number - 1))
                    from generate_series(1, 12) as month_number
                    where
                        (months[1] <= months[2] and month_number between months[1] and months[2])
                        or (months[1] > months[2] and (month_number >= months[1] or month_number <= months[2]))
                )
            else (select bit_or(1 << (month_number - 1)) from unnest(months) as month_number)
        end, 0) as mask
    from segment_months
),

season_mask as (
    select
        season_text,
        bit_or(mask) as month_mask
    from segment_mask
    group by season_text
)

select
    season_text,
    month_mask,
    {{ months_of_mask('month_mask') }} as months
from season_mask
where month_mask > 0
