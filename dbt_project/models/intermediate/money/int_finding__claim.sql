{{ config(materialized='ephemeral') }}

{% set tolerance = money_parameter('amount_tolerance_eur') %}

-- Lines of a claim by partner, and of all partners together (partner_id NULL) for the project's claim.
with line_sum as (
    select
        project_id,
        claim_number,
        partner_id,
        sum(amount_declared_eur) as amount_eur
    from {{ ref('int_money_total') }}
    where claim_number is not null
    group by grouping sets ((project_id, claim_number, partner_id), (project_id, claim_number))
),

members as (
    select
        project_id,
        count(*) as partner_count
    from {{ ref('int_partner') }}
    group by project_id
),

header as (
    select
        claim.*,
        coalesce(claim.amount_certified_eur, claim.amount_declared_eur) as base_eur,
        trunc(
            coalesce(claim.amount_certified_eur, claim.amount_declared_eur)
            * {{ money_parameter('erdf_rate_pct') }} / 100, 2
        ) as erdf_limit_eur,
        claim.amount_erdf_eur + coalesce(claim.amount_national_public_eur, 0)
        + coalesce(claim.amount_self_financing_eur, 0) as parts_eur,
        lines.amount_eur as lines_eur,
        members.partner_count
    from {{ ref('int_money_claim') }} as claim
    left join line_sum as lines
        on
            claim.project_id = lines.project_id
            and claim.claim_number = lines.claim_number
            and claim.partner_id is not distinct from lines.partner_id
            and (claim.claim_level_code = 'PROJECT' or claim.partner_id is not null)
    left join members on claim.project_id = members.project_id
),

plan as (
    select
        budget.*,
        budget.amount_erdf_eur
        + coalesce(budget.amount_national_public_eur, 0)
        + coalesce(budget.amount_self_financing_eur, 0) as parts_eur,
        trunc(budget.amount_budget_eur * coalesce(budget.erdf_rate_pct, {{ money_parameter('erdf_rate_pct') }}) / 100, 2)
            as erdf_limit_eur
    from {{ ref('int_money_budget') }} as budget
    where budget.budget_level_code = 'PARTNER' and budget.partner_role_code <> 'OUTSIDE_ERDF'
),

-- Periods of one partner's claims that overlap: each pair once, with the later claim.
overlap as (
    select
        later.record_key,
        later.project_id,
        later.partner_id,
        later.claim_number,
        later.claim_period_start_date as found_date,
        max(earlier.claim_period_end_date) as expected_date,
        later.source_file_name,
        later.source_sheet_name,
        later.source_row_number
    from {{ ref('int_money_claim') }} as later
    inner join {{ ref('int_money_claim') }} as earlier
        on
            later.project_id = earlier.project_id
            and later.partner_key = earlier.partner_key
            and later.claim_sequence > earlier.claim_sequence
            and later.claim_period_start_date <= earlier.claim_period_end_date
            and later.claim_period_end_date >= earlier.claim_period_start_date
    group by
        later.record_key, later.project_id, later.partner_id, later.claim_number, later.claim_period_start_date,
        later.source_file_name, later.source_sheet_name, later.source_row_number
),

finding as (
    select
        'R17' as rule_code,
        record_key as finding_key,
        project_id,
        partner_id,
        claim_number,
        cast(null as text) as severity_code,
        abs(amount_erdf_eur - erdf_limit_eur) as amount_at_stake_eur,
        erdf_limit_eur as amount_suggested_eur,
        'amount_erdf_eur' as field_name,
        {{ amount_text('amount_erdf_eur') }} as found_text,
        {{ amount_text('erdf_limit_eur') }} as expected_text,
        false as with_lines,
        source_file_name,
        source_sheet_name,
        source_row_number
    from header
    where
        partner_role_code is distinct from 'OUTSIDE_ERDF'
        -- The claim of the project is a sum of truncated parts: one cent a partner.
        and abs(amount_erdf_eur - erdf_limit_eur)
        > {{ tolerance }} * case claim_level_code when 'PROJECT' then partner_count else 1 end

    union all

    select
        'R18' as rule_code,
        record_key as finding_key,
        project_id,
        partner_id,
        claim_number,
        cast(null as text) as severity_code,
        abs(parts_eur - base_eur) as amount_at_stake_eur,
        cast(null as numeric) as amount_suggested_eur,
        'amount_certified_eur' as field_name,
        {{ amount_text('parts_eur') }} as found_text,
        {{ amount_text('base_eur') }} as expected_text,
        false as with_lines,
        source_file_name,
        source_sheet_name,
        source_row_number
    from header
    where
        num_nonnulls(amount_national_public_eur, amount_self_financing_eur) > 0
        and abs(parts_eur - base_eur) > {{ tolerance }}

    union all

    select
        'R23' as rule_code,
        record_key as finding_key,
        project_id,
        partner_id,
        claim_number,
        cast(null as text) as severity_code,
        abs(amount_declared_eur - lines_eur) as amount_at_stake_eur,
        lines_eur as amount_suggested_eur,
        'amount_declared_eur' as field_name,
        {{ amount_text('amount_declared_eur') }} as found_text,
        {{ amount_text('lines_eur') }} as expected_text,
        true as with_lines,
        source_file_name,
        source_sheet_name,
        source_row_number
    from header
    where abs(amount_declared_eur - lines_eur) > {{ tolerance }}

    union all

    select
        'R23' as rule_code,
        record_key || '|count' as finding_key,
        project_id,
        partner_id,
        claim_number,
        'WARNING' as severity_code,
        amount_declared_eur as amount_at_stake_eur,
        cast(null as numeric) as amount_suggested_eur,
        'claim_number' as field_name,
        claim_number as found_text,
        '1-' || {{ money_parameter('claim_count') }} as expected_text,
        false as with_lines,
        source_file_name,
        source_sheet_name,
        source_row_number
    from header
    where claim_sequence not between 1 and {{ money_parameter('claim_count') }}

    union all

    select
        'R23' as rule_code,
        record_key || '|period' as finding_key,
        project_id,
        partner_id,
        claim_number,
        'WARNING' as severity_code,
        cast(null as numeric) as amount_at_stake_eur,
        cast(null as numeric) as amount_suggested_eur,
        'claim_period_start_date' as field_name,
        cast(found_date as text) as found_text,
        '> ' || expected_date as expected_text,
        false as with_lines,
        source_file_name,
        source_sheet_name,
        source_row_number
    from overlap
)

select
    finding.rule_code,
    finding.finding_key,
    finding.with_lines and finding.partner_id is not null as by_description,
    finding.project_id,
    finding.partner_id,
    finding.claim_number,
    finding.severity_code,
    finding.amount_at_stake_eur,
    finding.amount_suggested_eur,
    finding.field_name,
    finding.found_text,
    finding.expected_text,
    finding.source_file_name,
    finding.source_sheet_name,
    finding.source_row_number
from finding

union all

-- R18 and R17 in the financing plan.
select
    'R18' as rule_code,
    record_key as finding_key,
    false as by_description,
    project_id,
    partner_id,
    cast(null as text) as claim_number,
    cast(null as text) as severity_code,
    abs(parts_eur - amount_budget_eur) as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'amount_budget_eur' as field_name,
    {{ amount_text('parts_eur') }} as found_text,
    {{ amount_text('amount_budget_eur') }} as expected_text,
    source_file_name,
    source_sheet_name,
    source_row_number
from plan
where
    num_nonnulls(amount_national_public_eur, amount_self_financing_eur) > 0
    and abs(parts_eur - amount_budget_eur) > {{ tolerance }}

union all

select
    'R17' as rule_code,
    record_key as finding_key,
    false as by_description,
    project_id,
    partner_id,
    cast(null as text) as claim_number,
    cast(null as text) as severity_code,
    abs(amount_erdf_eur - erdf_limit_eur) as amount_at_stake_eur,
    erdf_limit_eur as amount_suggested_eur,
    'amount_erdf_eur' as field_name,
    {{ amount_text('amount_erdf_eur') }} as found_text,
    {{ amount_text('erdf_limit_eur') }} as expected_text,
    source_file_name,
    source_sheet_name,
    source_row_number
from plan
where abs(amount_erdf_eur - erdf_limit_eur) > {{ tolerance }}

union all

-- R31 in plans and claims.
select
    'R31' as rule_code,
    budget.record_key || '|' || reading.field_name as finding_key,
    false as by_description,
    budget.project_id,
    budget.partner_id,
    cast(null as text) as claim_number,
    cast(null as text) as severity_code,
    abs(budget.amount_budget_given - cast(reading.amount_text as numeric)) as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'amount_budget_given' as field_name,
    {{ amount_text('budget.amount_budget_given') }} as found_text,
    reading.amount_text as expected_text,
    budget.source_file_name,
    budget.source_sheet_name,
    budget.source_row_number
from {{ ref('int_money_budget') }} as budget
cross join lateral jsonb_each_text(budget.other_readings) as reading (field_name, amount_text)
where budget.has_ambiguous_amount and reading.field_name = 'montant_total'
