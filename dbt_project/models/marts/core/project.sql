select
    'prj_' || md5('synergie|' || participation.project_key) as project_id,
    min(participation.project_code) as project_code,
    coalesce(
        min(participation.project_name) filter (where participation.project_name is not null),
        min(participation.project_code)
    ) as project_name,
    cast(null as text) as programme_period_code,
    cast(null as date) as start_date,
    cast(null as date) as end_date,
    'synergie' as source_id,
    bool_or(status.is_stale) as is_stale
from {{ ref('int_synergie__participation') }} as participation
inner join {{ ref('int_source_status') }} as status
    on participation.source_id = status.source_id and participation.stream_name = status.stream_name
group by participation.project_key
