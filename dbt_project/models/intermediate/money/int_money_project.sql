{{ config(materialized='table') }}

-- Dates and work plan of each project: as known, else as its claims tell. The first day is that of the first claim's
-- period; the work plan is the one whose activities most lines name.
with named as (
    select
        project_id,
        project_key,
        {{ normalise_text('project_name') }} as name_key
    from (
        select
            'prj_' || md5('synergie|' || project_key) as project_id,
            project_key,
            min(project_name) as project_name
        from {{ ref('int_synergie__participation') }}
        group by project_key
    ) as project
),

by_first_day as (
    select
        project_id,
        claim_period_start_date as first_day,
        row_number() over (
            partition by project_id order by sum(line_count) desc, claim_period_start_date asc
        ) as choice
    from {{ ref('int_money_total') }}
    where claim_sequence = 1 and claim_period_start_date is not null
    group by project_id, claim_period_start_date
),

told as (
    select
        project_id,
        first_day
    from by_first_day
    where choice = 1
),

active as (
    select
        project_id,
        activity_code,
        sum(line_count) as line_count
    from {{ ref('int_money_total') }}
    where activity_code is not null
    group by project_id, activity_code
),

named_activity as (
    select
        active.project_id,
        activity.calendar_code,
        row_number() over (partition by active.project_id order by count(*) desc, activity.calendar_code) as choice,
        sum(active.line_count) as line_count
    from active
    inner join {{ ref('project_activity') }} as activity on active.activity_code = activity.activity_code
    group by active.project_id, activity.calendar_code
),

with_activity as (
    select
        project_id,
        sum(line_count) as line_count
    from active
    group by project_id
)

select
    named.project_id,
    named.project_key,
    coalesce(profile.project_start_date, told.first_day) as start_date,
    coalesce(
        profile.project_end_date,
        cast(
            told.first_day
            + {{ money_parameter('project_duration_months') }} * interval '1 month'
            - interval '1 day' as date
        )
    ) as end_date,
    profile.project_match is not null as is_known,
    coalesce(
        profile.calendar_code,
        case when named_activity.line_count >= 0.8 * with_activity.line_count then named_activity.calendar_code end
    ) as calendar_code,
    string_to_array(profile.delegates, '|') as delegates
from named
left join {{ ref('project_profile') }} as profile
    on named.project_key = profile.project_match or split_part(named.name_key, ' fictif', 1) = profile.project_match
left join told on named.project_id = told.project_id
left join named_activity on named.project_id = named_activity.project_id and named_activity.choice = 1
left join with_activity on named.project_id = with_activity.project_id
