{#- Every row of every table is joined: looking them up one by one, as the planner would have it, costs twice as much. -#}
{{ config(pre_hook="set local enable_nestloop = off") }}

-- Lineage: every source record behind every published entity, with the run that brought its last version and the hash
-- of its content. Keys only; the content stays in the raw layer.
with record as materialized (
    -- A record that names a body, with all that its rows below need, joined once.
    select
        told.source_id,
        told.stream_name,
        told.record_key,
        told.role,
        organisation.organisation_id,
        case when organisation.source_count = 1 then 'NONE' else member.link_method end as match_method_code,
        case when organisation.source_count > 1 then member.link_score end as match_score,
        site.site_id,
        case
            when site.source_count = 1 then 'NONE'
            when place.siret is not null then 'IDENTIFIER'
            else 'NAME_PLACE'
        end as site_method_code,
        lineage.run_id,
        lineage.fetched_at,
        lineage.payload_hash
    from {{ ref('int_organisation_mention_record') }} as told
    inner join {{ ref('int_lineage') }} as lineage
        on
            told.source_id = lineage.source_id
            and told.stream_name = lineage.stream_name
            and told.record_key = lineage.record_key
    inner join {{ ref('int_organisation_member') }} as member on told.mention_id = member.mention_id
    inner join {{ ref('organisation') }} as organisation on member.organisation_id = organisation.organisation_id
    left join {{ ref('int_site_mention') }} as place on told.mention_id = place.mention_id
    left join {{ ref('site') }} as site on place.site_id = site.site_id
    where told.is_publishable
),

named as (
    -- The record of an operator names one body in one role; others can name one in several.
    select
        'organisation' as entity_table_name,
        organisation_id as entity_id,
        source_id,
        stream_name,
        record_key,
        match_method_code,
        match_score,
        run_id,
        fetched_at,
        payload_hash
    from record
    where role = 'operator'

    union all

    select
        'organisation' as entity_table_name,
        organisation_id as entity_id,
        source_id,
        stream_name,
        record_key,
        min(match_method_code) as match_method_code,
        min(match_score) as match_score,
        run_id,
        fetched_at,
        payload_hash
    from record
    where role <> 'operator'
    group by organisation_id, source_id, stream_name, record_key, run_id, fetched_at, payload_hash

    union all

    -- Only operators have a site.
    select
        'site' as entity_table_name,
        site_id as entity_id,
        source_id,
        stream_name,
        record_key,
        site_method_code as match_method_code,
        cast(null as numeric) as match_score,
        run_id,
        fetched_at,
        payload_hash
    from record
    where site_id is not null
),

keyed as (
    select
        'flow' as entity_table_name,
        flow_id as entity_id,
        source_id,
        case source_id when 'actif' then 'flux' else 'iscrizioni' end as stream_name,
        source_record_key as record_key,
        'SOURCE_KEY' as match_method_code,
        1.0 as match_score
    from {{ ref('flow') }}

    union all

    select
        'third_place' as entity_table_name,
        cluster.third_place_id as entity_id,
        'tiers_lieux' as source_id,
        'lieux' as stream_name,
        cluster.record_key,
        cluster.link_method as match_method_code,
        cluster.link_score as match_score
    from {{ ref('int_third_place_cluster') }} as cluster
    inner join {{ ref('third_place') }} as third_place on cluster.third_place_id = third_place.third_place_id
    inner join {{ ref('int_tiers_lieux__third_place') }} as listing on cluster.record_key = listing.record_key
    where listing.is_publishable

    union all

    select
        'news_item' as entity_table_name,
        news_item_id as entity_id,
        source_id,
        'actualites' as stream_name,
        source_record_key as record_key,
        'SOURCE_KEY' as match_method_code,
        1.0 as match_score
    from {{ ref('news_item') }}

    union all

    select
        'expense' as entity_table_name,
        expense_id as entity_id,
        source_id,
        'depenses' as stream_name,
        source_record_key as record_key,
        'SOURCE_KEY' as match_method_code,
        1.0 as match_score
    from {{ ref('expense') }}

    union all

    select
        'budget' as entity_table_name,
        budget_id as entity_id,
        source_id,
        case budget_level_code when 'PARTNER' then 'budgets' else 'postes' end as stream_name,
        source_record_key as record_key,
        'SOURCE_KEY' as match_method_code,
        1.0 as match_score
    from {{ ref('budget') }}
),

entity as (
    select * from named

    union all

    select
        keyed.*,
        lineage.run_id,
        lineage.fetched_at,
        lineage.payload_hash
    from keyed
    inner join {{ ref('int_lineage') }} as lineage
        on
            keyed.source_id = lineage.source_id
            and keyed.stream_name = lineage.stream_name
            and keyed.record_key = lineage.record_key
)

select
    entity_table_name,
    entity_id,
    source_id,
    stream_name,
    record_key as source_record_key,
    match_method_code,
    -- Probability of the link by which the record hangs on the others; empty for a record that stands alone.
    cast(match_score as numeric(5, 4)) as match_score,
    run_id,
    fetched_at,
    payload_hash
from entity
