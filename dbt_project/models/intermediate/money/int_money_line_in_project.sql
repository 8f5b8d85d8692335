-- A line beside what its project, its partner, its activity and its supplier say about it, for the rules on single lines.
with flat_office as (
    select partner_id
    from {{ ref('int_money_total') }}
    where cost_category_code = 'OFFICE_ADMINISTRATION' and cost_method_code = 'FLAT'
    union
    select partner_id
    from {{ ref('int_money_budget') }}
    where cost_category_code = 'OFFICE_ADMINISTRATION' and cost_method_code = 'FLAT' and is_counted
),

partner_with_cup as (
    select distinct partner_id from {{ ref('int_money_cup') }}
    where cup_code is not null
),

member_name as (
    select distinct
        project_id,
        {{ supplier_name_key('partner_name') }} as name_key
    from {{ ref('int_partner') }}
),

member_number as (
    select distinct
        project_id,
        organisation_id
    from {{ ref('int_partner') }}
    where organisation_id is not null
)

select
    line.*,
    project.start_date,
    project.end_date,
    project.is_known,
    project.calendar_code,
    activity.activity_code is not null as is_in_plan,
    activity.partners_excluded,
    activity.partners_only,
    project.start_date + (activity.first_month - 1) * interval '1 month' as opens_on,
    project.start_date + activity.last_month * interval '1 month' as closed_on,
    {{ alphanumeric('line.cup_given') }} as cup_code,
    partner_with_cup.partner_id is not null as has_cup,
    flat_office.partner_id is not null as has_flat_office,
    member_name.project_id is not null or member_number.project_id is not null as is_member,
    round(line.amount_gross_given * line.imputation_share / line.document_rate, 2) as gross_share_eur,
    round(line.amount_net_given * line.imputation_share / line.document_rate, 2) as net_share_eur,
    coalesce(line.amount_certified_eur, line.amount_declared_eur) as base_eur,
    trunc(
        coalesce(line.amount_certified_eur, line.amount_declared_eur) * {{ money_parameter('erdf_rate_pct') }} / 100, 2
    ) as erdf_limit_eur,
    line.amount_erdf_eur + coalesce(line.amount_national_public_eur, 0)
    + coalesce(line.amount_self_financing_eur, 0) as parts_eur
from {{ ref('int_money_line') }} as line
inner join {{ ref('int_money_project') }} as project on line.project_id = project.project_id
left join {{ ref('project_activity') }} as activity
    on project.calendar_code = activity.calendar_code and line.activity_code = activity.activity_code
left join partner_with_cup on line.partner_id = partner_with_cup.partner_id
left join flat_office on line.partner_id = flat_office.partner_id
left join member_name on line.project_id = member_name.project_id and line.supplier_key = member_name.name_key
left join member_number
    on line.project_id = member_number.project_id and line.supplier_identity = member_number.organisation_id
