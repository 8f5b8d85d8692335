{{ config(materialized='ephemeral') }}

-- Rules on who is meant, beyond the single line: the CUP of a partner, bodies that spend for a partner.
with delegate as (
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
    from {{ ref('int_money_total') }}
    group by project_id
)

-- R19, the partner as a whole: no CUP on any line, or several.
select
    'R19' as rule_code,
    partner_id as finding_key,
    cast(null as text[]) as record_keys,
    project_id,
    partner_id,
    cast(null as text) as claim_number,
    cast(null as text) as severity_code,
    sum(amount_declared_eur) as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'cup_code' as field_name,
    string_agg(cup_code, ', ' order by cup_code) as found_text,
    cast(null as text) as expected_text,
    cast(null as text) as cup_code,
    true as by_description
from {{ ref('int_money_cup') }}
group by project_id, partner_id, partner_country_code
having
    (partner_country_code = 'IT' and count(cup_code) = 0)
    or (partner_country_code is distinct from 'FR' and count(cup_code) > 1)

union all

-- R19: one CUP, several partners.
select
    'R19' as rule_code,
    project_id || '|' || cup_code as finding_key,
    cast(null as text[]) as record_keys,
    project_id,
    cast(null as text) as partner_id,
    cast(null as text) as claim_number,
    cast(null as text) as severity_code,
    sum(amount_declared_eur) as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'cup_code' as field_name,
    cup_code as found_text,
    cast(null as text) as expected_text,
    cup_code,
    true as by_description
from {{ ref('int_money_cup') }}
where cup_code is not null and partner_country_code is distinct from 'FR'
group by project_id, cup_code
having count(*) > 1

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
    cast(null as text) as expected_text,
    cast(null as text) as cup_code,
    false as by_description
from delegate
inner join {{ ref('int_money_project') }} as project on delegate.project_id = project.project_id
inner join claims on delegate.project_id = claims.project_id
where
    delegate.partner_count > 1
    or (project.delegates is not null and not delegate.delegate_key = any(project.delegates))
    or (project.delegates is null and delegate.claim_count = 1 and claims.claim_count > 1)
