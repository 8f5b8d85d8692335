-- What the rules say, one row a finding, with the rows it rests on and the follow-up. Whether a decision still holds is
-- told by the amount it was made on: if that has changed, the finding is open again.
with keyed as (
    select * from {{ ref('int_finding') }}
),

decision as (
    select distinct on (finding_id)
        finding_id,
        decision_code,
        amount_at_stake_eur,
        decided_at
    from {{ source('money_ops', 'finding_decision') }}
    order by finding_id asc, id desc
),

-- Only the findings on several lines choose which of them to show.
evidence_row as (
    select
        keyed.expense_finding_id,
        line.record_key,
        {{ finding_evidence_row('line') }} as shown,
        row_number() over (
            partition by keyed.expense_finding_id order by line.amount_declared_eur desc nulls last, line.record_key asc
        ) as place
    from keyed
    cross join unnest(keyed.record_keys) as named (record_key)
    inner join {{ ref('int_money_line') }} as line on named.record_key = line.record_key
    where cardinality(keyed.record_keys) > 1
),

evidence as (
    select
        expense_finding_id,
        jsonb_agg(shown order by place) as evidence_rows
    from evidence_row
    where place <= {{ money_parameter('evidence_row_limit') }}
    group by expense_finding_id
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
    jsonb_build_object(
        'rows',
        case
            when cardinality(keyed.record_keys) = 1 then jsonb_build_array({{ finding_evidence_row('first_row') }})
            else coalesce(evidence.evidence_rows, '[]')
        end
    ) as evidence,
    coalesce(decision.decision_code, 'OPEN') as finding_status_code,
    decision.decided_at
from keyed
left join {{ ref('int_money_line') }} as first_row on keyed.first_record_key = first_row.record_key
left join decision
    on
        keyed.expense_finding_id = decision.finding_id
        and cast(keyed.amount_at_stake_eur as numeric(14, 2)) is not distinct from decision.amount_at_stake_eur
left join evidence on keyed.expense_finding_id = evidence.expense_finding_id
