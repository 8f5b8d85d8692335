{{ config(materialized='ephemeral') }}

-- What all rules found, with its stable id: a hash of the rule and of the expenses (or of the claim, partner or file) it
-- speaks about. Neither the name of a file nor the row of a line is part of it.
with finding as (
    select * from {{ ref('int_finding__line') }}
    union all
    select
        rule_code,
        finding_key,
        record_keys,
        project_id,
        partner_id,
        claim_number,
        cost_category_code,
        severity_code,
        amount_at_stake_eur,
        amount_suggested_eur,
        field_name,
        found_text,
        expected_text,
        expense_id,
        source_file_name,
        source_sheet_name,
        source_row_number,
        evidence_rows
    from {{ ref('int_finding__several') }}
)

select
    finding.*,
    'fnd_' || md5(finding.rule_code || '|' || finding.finding_key) as expense_finding_id,
    coalesce(finding.severity_code, rule.finding_severity_code) as finding_severity_code,
    rule.finding_scope_code,
    rule.irregularity_code
from finding
inner join {{ ref('expense_rule') }} as rule on finding.rule_code = rule.rule_code
