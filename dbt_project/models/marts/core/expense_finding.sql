-- What the rules say, one row a finding, with the rows it rests on and the follow-up. Whether a decision still holds is
-- told by the amount it was made on: if that has changed, the finding is open again.
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
),

keyed as (
    select
        finding.*,
        'fnd_' || md5(finding.rule_code || '|' || finding.finding_key) as expense_finding_id,
        coalesce(finding.severity_code, rule.finding_severity_code) as finding_severity_code,
        rule.finding_scope_code,
        rule.irregularity_code
    from finding
    inner join {{ ref('expense_rule') }} as rule on finding.rule_code = rule.rule_code
),

decision as (
    select distinct on (finding_id)
        finding_id,
        decision_code,
        amount_at_stake_eur,
        decided_at
    from {{ source('money_ops', 'finding_decision') }}
    order by finding_id, id desc
)

select
    keyed.expense_finding_id,
    case when keyed.finding_scope_code = 'LINE' then first_row.expense_id end as expense_id,
    keyed.project_id,
    keyed.partner_id,
    keyed.claim_number,
    coalesce(
        keyed.cost_category_code, case when keyed.finding_scope_code = 'LINE' then first_row.cost_category_code end
    ) as cost_category_code,
    keyed.rule_code,
    keyed.finding_severity_code,
    keyed.irregularity_code,
    cast(keyed.amount_at_stake_eur as numeric(14, 2)) as amount_at_stake_eur,
    cast(keyed.amount_suggested_eur as numeric(14, 2)) as amount_suggested_eur,
    keyed.field_name,
    keyed.found_text,
    keyed.expected_text,
    coalesce(keyed.source_file_name, first_row.source_file_name) as source_file_name,
    coalesce(keyed.source_sheet_name, first_row.source_sheet_name) as source_sheet_name,
    coalesce(keyed.source_row_number, first_row.source_row_number) as source_row_number,
    cardinality(keyed.record_keys) as expense_count,
    jsonb_build_object('rows', coalesce(evidence.evidence_rows, '[]')) as evidence,
    case
        when decision.amount_at_stake_eur is not distinct from cast(keyed.amount_at_stake_eur as numeric(14, 2))
            then coalesce(decision.decision_code, 'OPEN')
        else 'OPEN'
    end as finding_status_code,
    case
        when decision.amount_at_stake_eur is not distinct from cast(keyed.amount_at_stake_eur as numeric(14, 2))
            then decision.decided_at
    end as decided_at
from keyed
left join {{ ref('int_money_line') }} as first_row on keyed.record_keys[1] = first_row.record_key
left join decision on keyed.expense_finding_id = decision.finding_id
left join lateral (
    select
        jsonb_agg(jsonb_build_object(
            'expense_id', shown.expense_id,
            'expense_number', shown.expense_number,
            'claim_number', shown.claim_number,
            'file', shown.source_file_name,
            'sheet', shown.source_sheet_name,
            'row', shown.source_row_number,
            'amount_declared_eur', shown.amount_declared_eur
        )) as evidence_rows
    from (
        select line.*
        from {{ ref('int_money_line') }} as line
        where line.record_key = any(keyed.record_keys)
        order by line.amount_declared_eur desc nulls last, line.record_key
        limit cast({{ money_parameter('evidence_row_limit') }} as integer)
    ) as shown
) as evidence on true
