-- Work plan of each project: the days between which an activity is open.
select
    project.project_id,
    activity.work_package_code,
    activity.activity_code as project_activity_code,
    cast(project.start_date + (activity.first_month - 1) * interval '1 month' as date) as start_date,
    cast(project.start_date + activity.last_month * interval '1 month' - interval '1 day' as date) as end_date,
    coalesce(project.is_known and activity.confidence_code = 'CONFIRMED', false) as is_confirmed
from {{ ref('int_money_project') }} as project
inner join {{ ref('project_activity') }} as activity on project.calendar_code = activity.calendar_code
where project.start_date is not null
