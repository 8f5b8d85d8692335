-- Certificates of the first-level control, as the claims and their lines name them.
with named as (
    select
        project_id,
        partner_id,
        certificate_number,
        claim_number,
        certificate_date,
        amount_certified_eur,
        cast(null as numeric) as line_certified_eur,
        0 as line_count
    from {{ ref('int_money_claim') }}
    where certificate_number is not null and partner_id is not null
    union all
    select
        project_id,
        partner_id,
        certificate_number,
        claim_number,
        control_date as certificate_date,
        cast(null as numeric) as amount_certified_eur,
        amount_certified_eur as line_certified_eur,
        1 as line_count
    from {{ ref('int_money_line') }}
    where certificate_number is not null
)

select
    'cer_' || md5(project_id || '|' || partner_id || '|' || certificate_number) as certificate_id,
    project_id,
    partner_id,
    certificate_number,
    case when count(distinct claim_number) = 1 then min(claim_number) end as claim_number,
    max(certificate_date) as certificate_date,
    cast(coalesce(sum(amount_certified_eur), sum(line_certified_eur)) as numeric(14, 2)) as amount_certified_eur,
    cast(sum(line_count) as integer) as expense_count
from named
group by project_id, partner_id, certificate_number
