-- Indicators of each project: target of the work plan and what its proofs reach.
select
    project.project_id,
    target.indicator_code,
    target.indicator_kind_code,
    target.indicator_name_fr,
    target.indicator_name_it,
    target.indicator_name_en,
    cast(target.target_value as numeric(18, 3)) as target_value,
    cast(count(evidence.indicator_evidence_id) as numeric(18, 3)) as reached_value,
    cast(count(evidence.indicator_evidence_id) as integer) as evidence_count,
    max(evidence.evidence_date) as measured_date
from {{ ref('int_money_project') }} as project
inner join {{ ref('project_indicator') }} as target on project.calendar_code = target.calendar_code
left join {{ ref('indicator_evidence') }} as evidence
    on project.project_id = evidence.project_id and target.indicator_code = evidence.indicator_code
group by
    project.project_id, target.indicator_code, target.indicator_kind_code, target.indicator_name_fr,
    target.indicator_name_it, target.indicator_name_en, target.target_value
