{{ config(materialized='table', unlogged=True, post_hook='analyze {{ this }}') }}

-- What all rules found, with its stable id: a hash of the rule and of the expenses (or of the claim, partner or file) it
-- speaks about. Neither the name of a file nor the row of a line is part of it.
{% set families = ['dates', 'amounts', 'work', 'identity', 'duplicate', 'procurement', 'costs', 'budget', 'claim', 'file'] %}
{% set with_category = ['costs', 'budget'] %}
{% set with_place = ['claim', 'file'] %}
with finding as (
    {% for family in families %}
        select
            rule_code,
            finding_key,
            record_keys,
            project_id,
            partner_id,
            claim_number,
            {{ "cost_category_code" if family in with_category else "cast(null as text) as cost_category_code" }},
            severity_code,
            amount_at_stake_eur,
            amount_suggested_eur,
            field_name,
            found_text,
            expected_text,
            {% if family in with_place %}
                source_file_name,
                source_sheet_name,
                source_row_number
            {% else %}
                cast(null as text) as source_file_name,
                cast(null as text) as source_sheet_name,
                cast(null as integer) as source_row_number
            {% endif %}
        from {{ ref('int_finding__' ~ family) }}
        {{ "union all" if not loop.last }}
    {% endfor %}
)

select
    finding.*,
    finding.record_keys[1] as first_record_key,
    'fnd_' || md5(finding.rule_code || '|' || finding.finding_key) as expense_finding_id,
    coalesce(finding.severity_code, rule.finding_severity_code) as finding_severity_code,
    rule.finding_scope_code,
    rule.irregularity_code
from finding
inner join {{ ref('expense_rule') }} as rule on finding.rule_code = rule.rule_code
