-- Claims as their headers write them beside what their lines give; a claim without header is told by its lines.
with lines as (
    select
        project_id,
        partner_id,
        claim_number,
        max(claim_sequence) as claim_sequence,
        sum(line_count) as expense_count,
        sum(amount_declared_eur) as amount_declared_eur,
        sum(amount_certified_eur) as amount_certified_eur,
        sum(amount_rejected_eur) as amount_rejected_eur,
        sum(amount_parked_eur) as amount_parked_eur
    from {{ ref('int_money_total') }}
    where claim_number is not null
    group by project_id, partner_id, claim_number
),

header as (
    select
        claim.*,
        coalesce(claim.partner_id, '') || '|' || claim.claim_level_code as side
    from {{ ref('int_money_claim') }} as claim
),

period as (
    select
        project_id,
        partner_id,
        claim_number,
        mode() within group (order by claim_period_start_date) as claim_period_start_date,
        mode() within group (order by claim_period_end_date) as claim_period_end_date,
        min(certificate_number) as certificate_number,
        max(control_date) as control_date,
        min(record_key) as record_key
    from {{ ref('int_money_line') }}
    where claim_number is not null
    group by project_id, partner_id, claim_number
),

received as (
    select
        project_id,
        partner_id,
        claim_number,
        sum(amount_eur) as amount_eur
    from {{ source('money_ops', 'payment_received') }}
    where fund_code = 'ERDF'
    group by project_id, partner_id, claim_number
)

select
    'clm_' || md5(
        coalesce(header.project_id, lines.project_id) || '|' || coalesce(header.side, lines.partner_id || '|PARTNER')
        || '|' || coalesce(header.claim_number, lines.claim_number)
        || case when header.partner_id is null and header.claim_level_code = 'PARTNER' then header.record_key else '' end
    ) as claim_id,
    coalesce(header.project_id, lines.project_id) as project_id,
    coalesce(header.partner_id, lines.partner_id) as partner_id,
    coalesce(header.claim_level_code, 'PARTNER') as claim_level_code,
    coalesce(header.claim_number, lines.claim_number) as claim_number,
    coalesce(header.claim_sequence, lines.claim_sequence) as claim_sequence,
    coalesce(header.claim_period_start_date, period.claim_period_start_date) as claim_period_start_date,
    coalesce(header.claim_period_end_date, period.claim_period_end_date) as claim_period_end_date,
    header.submission_date,
    coalesce(header.certificate_number, period.certificate_number) as certificate_number,
    coalesce(header.certificate_date, period.control_date) as certificate_date,
    cast(header.amount_declared_eur as numeric(14, 2)) as amount_declared_eur,
    cast(lines.amount_declared_eur as numeric(14, 2)) as amount_lines_eur,
    cast(coalesce(header.amount_certified_eur, lines.amount_certified_eur) as numeric(14, 2)) as amount_certified_eur,
    cast(lines.amount_rejected_eur as numeric(14, 2)) as amount_rejected_eur,
    cast(lines.amount_parked_eur as numeric(14, 2)) as amount_parked_eur,
    cast(header.amount_erdf_eur as numeric(14, 2)) as amount_erdf_eur,
    cast(header.amount_national_public_eur as numeric(14, 2)) as amount_national_public_eur,
    cast(header.amount_self_financing_eur as numeric(14, 2)) as amount_self_financing_eur,
    cast(received.amount_eur as numeric(14, 2)) as amount_received_eur,
    cast(coalesce(lines.expense_count, 0) as integer) as expense_count,
    'synergie' as source_id,
    coalesce(header.record_key, period.record_key) as source_record_key,
    status.is_stale
from header
full outer join lines
    on
        header.project_id = lines.project_id
        and header.partner_id = lines.partner_id
        and header.claim_number = lines.claim_number
left join period
    on
        lines.project_id = period.project_id
        and lines.partner_id = period.partner_id
        and lines.claim_number = period.claim_number
left join received
    on
        coalesce(header.project_id, lines.project_id) = received.project_id
        and coalesce(header.partner_id, lines.partner_id) = received.partner_id
        and coalesce(header.claim_number, lines.claim_number) = received.claim_number
inner join {{ ref('int_source_status') }} as status
    on status.source_id = 'synergie' and status.stream_name = 'depenses'
