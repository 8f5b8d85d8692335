{{ config(materialized='table', unlogged=True, meta={'statistics': ['rule_code']}) }}

-- Findings that no single line can tell by itself, with the lines they rest on: those that a rule has listed, or all lines
-- of the partner, claim, category, method, CUP that it names. Of many lines the greatest are shown.
{% set families = {
    'duplicate': [],
    'reading': [],
    'procurement': [],
    'identity': ['cup_code', 'by_description'],
    'costs': ['cost_category_code', 'methods', 'by_description'],
    'budget': ['cost_category_code', 'by_description'],
    'claim': ['by_description', 'source_file_name', 'source_sheet_name', 'source_row_number'],
    'file': ['source_file_name', 'source_sheet_name', 'source_row_number'],
} %}
{% set own_columns = {
    'cost_category_code': 'text', 'methods': 'text[]', 'cup_code': 'text', 'by_description': 'boolean',
    'source_file_name': 'text', 'source_sheet_name': 'text', 'source_row_number': 'integer',
} %}
with finding as (
    {% for family, own in families.items() %}
        select
            rule_code,
            finding_key,
            {{ "cast(null as text[])" if family in ('budget', 'claim', 'file') else "record_keys" }} as keys_given,
            project_id,
            partner_id,
            claim_number,
            severity_code,
            amount_at_stake_eur,
            amount_suggested_eur,
            field_name,
            found_text,
            {% for column, type in own_columns.items() %}
                {{ column if column in own else "cast(null as " ~ type ~ ")" }} as {{ column }},
            {% endfor %}
            expected_text
        from {{ ref('int_finding__' ~ family) }}
        {{ "union all" if not loop.last }}
    {% endfor %}
),

-- What a finding names and its lines have in common. The lines are read once for all findings.
named as (
    select
        finding.rule_code,
        finding.finding_key,
        line.record_key
    from finding
    inner join {{ ref('int_money_line') }} as line on finding.project_id = line.project_id
    where
        finding.by_description
        and (finding.partner_id is null or line.partner_id = finding.partner_id)
        and (finding.claim_number is null or line.claim_number = finding.claim_number)
        and (finding.cost_category_code is null or line.cost_category_code = finding.cost_category_code)
        and (finding.methods is null or line.cost_method_code = any(finding.methods))
        and (
            finding.cup_code is null
            or ({{ alphanumeric('line.cup_given') }} = finding.cup_code and line.partner_country_code is distinct from 'FR')
        )
    union all
    select
        finding.rule_code,
        finding.finding_key,
        listed.record_key
    from finding
    cross join unnest(finding.keys_given) as listed (record_key)
),

ranked as (
    select
        named.rule_code,
        named.finding_key,
        named.record_key,
        line.expense_id,
        line.cost_category_code,
        line.source_file_name,
        line.source_sheet_name,
        line.source_row_number,
        {{ finding_evidence_row('line') }} as shown,
        row_number() over (
            partition by named.rule_code, named.finding_key
            order by line.amount_declared_eur desc nulls last, line.record_key asc
        ) as place,
        row_number() over (partition by named.rule_code, named.finding_key order by line.record_key) as position
    from named
    inner join {{ ref('int_money_line') }} as line on named.record_key = line.record_key
),

evidence as (
    select
        rule_code,
        finding_key,
        array_agg(record_key order by record_key) as record_keys,
        min(expense_id) filter (where position = 1) as expense_id,
        min(cost_category_code) filter (where position = 1) as cost_category_code,
        min(source_file_name) filter (where position = 1) as source_file_name,
        min(source_sheet_name) filter (where position = 1) as source_sheet_name,
        min(source_row_number) filter (where position = 1) as source_row_number,
        jsonb_agg(shown order by place)
        filter (where place <= {{ money_parameter('evidence_row_limit') }}) as evidence_rows
    from ranked
    group by rule_code, finding_key
)

select
    finding.rule_code,
    finding.finding_key,
    coalesce(evidence.record_keys, cast(array[] as text[])) as record_keys,
    finding.project_id,
    finding.partner_id,
    finding.claim_number,
    coalesce(
        finding.cost_category_code, case when cardinality(evidence.record_keys) = 1 then evidence.cost_category_code end
    ) as cost_category_code,
    finding.severity_code,
    finding.amount_at_stake_eur,
    finding.amount_suggested_eur,
    finding.field_name,
    finding.found_text,
    finding.expected_text,
    evidence.expense_id,
    coalesce(finding.source_file_name, evidence.source_file_name) as source_file_name,
    coalesce(finding.source_sheet_name, evidence.source_sheet_name) as source_sheet_name,
    coalesce(finding.source_row_number, evidence.source_row_number) as source_row_number,
    coalesce(evidence.evidence_rows, '[]') as evidence_rows
from finding
left join evidence on finding.rule_code = evidence.rule_code and finding.finding_key = evidence.finding_key
