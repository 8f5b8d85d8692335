-- Lineage: every source record behind every published entity, with the run that brought its last version and the hash
-- of its content. Keys only; the content stays in the raw layer.
with entity as (
    select
        'organisation' as entity_table_name,
        member.organisation_id as entity_id,
        record.source_id,
        record.stream_name,
        record.record_key,
        -- One record can name a body in more than one role.
        min(case when organisation.source_count = 1 then 'NONE' else member.link_method end) as match_method_code,
        min(case when organisation.source_count > 1 then member.link_score end) as match_score
    from {{ ref('int_organisation_mention_record') }} as record
    inner join {{ ref('int_organisation_member') }} as member on record.mention_id = member.mention_id
    inner join {{ ref('organisation') }} as organisation on member.organisation_id = organisation.organisation_id
    where record.is_publishable
    group by member.organisation_id, record.source_id, record.stream_name, record.record_key

    union all

    select
        'site' as entity_table_name,
        site.site_id as entity_id,
        record.source_id,
        record.stream_name,
        record.record_key,
        min(
            case
                when site.source_count = 1 then 'NONE'
                when place.siret is not null then 'IDENTIFIER'
                else 'NAME_PLACE'
            end
        ) as match_method_code,
        cast(null as numeric) as match_score
    from {{ ref('int_organisation_mention_record') }} as record
    inner join {{ ref('int_site_mention') }} as place on record.mention_id = place.mention_id
    inner join {{ ref('site') }} as site on place.site_id = site.site_id
    where record.is_publishable
    group by site.site_id, record.source_id, record.stream_name, record.record_key

    union all

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
)

select
    entity.entity_table_name,
    entity.entity_id,
    entity.source_id,
    entity.stream_name,
    entity.record_key as source_record_key,
    entity.match_method_code,
    -- Probability of the link by which the record hangs on the others; empty for a record that stands alone.
    cast(entity.match_score as numeric(5, 4)) as match_score,
    lineage.run_id,
    lineage.fetched_at,
    lineage.payload_hash
from entity
inner join {{ ref('int_lineage') }} as lineage
    on
        entity.source_id = lineage.source_id
        and entity.stream_name = lineage.stream_name
        and entity.record_key = lineage.record_key
