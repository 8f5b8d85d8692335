{{ config(materialized='ephemeral') }}

-- Rules on who is meant: CUP, partner, supplier.
with partner_cup as (
    select
        partner_id,
        count(cup_code) as line_count,
        count(distinct cup_code) as cup_count
    from {{ ref('int_money_line') }}
    group by partner_id
),

-- One CUP, several partners.
shared_cup as (
    select
        project_id,
        cup_code,
        array_agg(record_key order by record_key) as record_keys,
        count(*) as line_count,
        sum(amount_declared_eur) as amount_eur
    from {{ ref('int_money_line') }}
    where cup_code is not null and partner_country_code is distinct from 'FR'
    group by project_id, cup_code
    having count(distinct partner_id) > 1
),

delegate as (
    select
        line.project_id,
        line.delegate_key,
        min(line.delegate_name) as delegate_name,
        array_agg(line.record_key order by line.record_key) as record_keys,
        count(distinct line.partner_id) as partner_count,
        count(distinct line.claim_number) as claim_count,
        sum(line.amount_declared_eur) as amount_eur
    from {{ ref('int_money_line') }} as line
    where line.delegate_key is not null and line.delegate_key <> line.partner_key
    group by line.project_id, line.delegate_key
),

claims as (
    select
        project_id,
        count(distinct claim_number) as claim_count
    from {{ ref('int_money_line') }}
    group by project_id
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

-- R19, line by line: an Italian partner without CUP, a French one with, a CUP of another shape.
select
    'R19' as rule_code,
    line.record_key as finding_key,
    array[line.record_key] as record_keys,
    line.project_id,
    line.partner_id,
    line.claim_number,
    cast(null as text) as severity_code,
    line.amount_declared_eur as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'cup_code' as field_name,
    line.cup_code as found_text,
    cast(null as text) as expected_text
from {{ ref('int_money_line') }} as line
inner join partner_cup on line.partner_id = partner_cup.partner_id
where
    (line.partner_country_code = 'IT' and line.cup_code is null and partner_cup.line_count > 0)
    or (line.partner_country_code = 'FR' and line.cup_code is not null)
    or (line.partner_country_code is distinct from 'FR' and line.cup_code !~ '^[A-Z][0-9]{2}[A-Z0-9]{12}$')

union all

-- R19, the partner as a whole: no CUP on any line, or several.
select
    'R19' as rule_code,
    line.partner_id as finding_key,
    array_agg(line.record_key order by line.record_key) as record_keys,
    line.project_id,
    line.partner_id,
    cast(null as text) as claim_number,
    cast(null as text) as severity_code,
    sum(line.amount_declared_eur) as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'cup_code' as field_name,
    string_agg(distinct line.cup_code, ', ') as found_text,
    cast(null as text) as expected_text
from {{ ref('int_money_line') }} as line
inner join partner_cup on line.partner_id = partner_cup.partner_id
where
    (line.partner_country_code = 'IT' and partner_cup.line_count = 0)
    or (line.partner_country_code is distinct from 'FR' and partner_cup.cup_count > 1)
group by line.project_id, line.partner_id

union all

select
    'R19' as rule_code,
    project_id || '|' || cup_code as finding_key,
    record_keys,
    project_id,
    cast(null as text) as partner_id,
    cast(null as text) as claim_number,
    cast(null as text) as severity_code,
    amount_eur as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'cup_code' as field_name,
    cup_code as found_text,
    cast(null as text) as expected_text
from shared_cup

union all

-- R20: where the delegated bodies of a project are known, another one is an error; elsewhere one that stands in a single
-- claim out of several is a question.
select
    'R20' as rule_code,
    delegate.project_id || '|' || delegate.delegate_key as finding_key,
    delegate.record_keys,
    delegate.project_id,
    cast(null as text) as partner_id,
    cast(null as text) as claim_number,
    case
        when delegate.partner_count > 1 or (project.delegates is not null and not delegate.delegate_key = any(project.delegates))
            then 'ERROR'
        else 'WARNING'
    end as severity_code,
    delegate.amount_eur as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'delegate_partner_id' as field_name,
    delegate.delegate_name as found_text,
    cast(null as text) as expected_text
from delegate
inner join {{ ref('int_money_project') }} as project on delegate.project_id = project.project_id
inner join claims on delegate.project_id = claims.project_id
where
    delegate.partner_count > 1
    or (project.delegates is not null and not delegate.delegate_key = any(project.delegates))
    or (project.delegates is null and delegate.claim_count = 1 and claims.claim_count > 1)

union all

-- R25: the supplier takes part in the project, by name or by official number.
select
    'R25' as rule_code,
    line.record_key as finding_key,
    array[line.record_key] as record_keys,
    line.project_id,
    line.partner_id,
    line.claim_number,
    cast(null as text) as severity_code,
    line.amount_declared_eur as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'supplier_name' as field_name,
    case when not line.is_sensitive then line.supplier_name end as found_text,
    cast(null as text) as expected_text
from {{ ref('int_money_line') }} as line
left join member_name on line.project_id = member_name.project_id and line.supplier_key = member_name.name_key
left join member_number
    on line.project_id = member_number.project_id and line.supplier_identity = member_number.organisation_id
where
    line.is_real_cost
    and line.cost_category_code is distinct from 'STAFF'
    and (member_name.project_id is not null or member_number.project_id is not null)
