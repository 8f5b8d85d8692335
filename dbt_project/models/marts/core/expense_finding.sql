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
)

select
    keyed.expense_finding_id,
    case when keyed.finding_scope_code = 'LINE' then keyed.expense_id end as expense_id,
    keyed.project_id,
    keyed.partner_id,
    keyed.claim_number,
    keyed.cost_category_code,
    keyed.rule_code,
    keyed.finding_severity_code,
    keyed.irregularity_code,
    cast(keyed.amount_at_stake_eur as numeric(14, 2)) as amount_at_stake_eur,
    cast(keyed.amount_suggested_eur as numeric(14, 2)) as amount_suggested_eur,
    keyed.field_name,
    keyed.found_text,
    keyed.expected_text,
    keyed.source_file_name,
    keyed.source_sheet_name,
    keyed.source_row_number,
    cardinality(keyed.record_keys) as expense_count,
    jsonb_build_object('rows', keyed.evidence_rows) as evidence,
    coalesce(decision.decision_code, 'OPEN') as finding_status_code,
    decision.decided_at
from keyed
left join decision
    on
        keyed.expense_finding_id = decision.finding_id
        and cast(keyed.amount_at_stake_eur as numeric(14, 2)) is not distinct from decision.amount_at_stake_eur
