-- The programme's N+3 duty: what was committed in a year must be certified by the end of the third year after it. The
-- plans have no years, so a project's ERDF counts in the year in which the project began.
with committed as (
    select
        cast(extract(year from project.start_date) as integer) as commitment_year,
        sum(split.amount_erdf_eur) as amount_erdf_eur
    from {{ ref('financing_split') }} as split
    inner join {{ ref('int_money_project') }} as project on split.project_id = project.project_id
    where split.financing_basis_code = 'BUDGET' and split.partner_id is null and project.start_date is not null
    group by extract(year from project.start_date)
),

certified as (
    select
        partner_id,
        coalesce(control_date, claim_period_end_date) as certified_date,
        sum(amount_certified_eur) as amount_certified_eur
    from {{ ref('int_money_line') }}
    where amount_certified_eur is not null and partner_role_code <> 'OUTSIDE_ERDF'
    group by partner_id, coalesce(control_date, claim_period_end_date)
),

due as (
    select
        committed.commitment_year,
        make_date(committed.commitment_year + cast({{ money_parameter('decommitment_years') }} as integer), 12, 31)
            as deadline_date,
        committed.amount_erdf_eur,
        sum(committed.amount_erdf_eur) over (order by committed.commitment_year) as amount_due_eur
    from committed
),

-- Truncated to the cent for each partner, as every ERDF share.
reached as (
    select
        due.commitment_year,
        certified.partner_id,
        trunc(sum(certified.amount_certified_eur) * {{ money_parameter('erdf_rate_pct') }} / 100, 2) as amount_erdf_eur
    from due
    inner join certified on certified.certified_date <= due.deadline_date
    group by due.commitment_year, certified.partner_id
)

select
    due.commitment_year,
    due.deadline_date,
    cast(due.amount_erdf_eur as numeric(14, 2)) as amount_erdf_eur,
    cast(due.amount_due_eur as numeric(14, 2)) as amount_due_eur,
    cast(coalesce(sum(reached.amount_erdf_eur), 0) as numeric(14, 2)) as amount_certified_erdf_eur,
    cast(greatest(due.amount_due_eur - coalesce(sum(reached.amount_erdf_eur), 0), 0) as numeric(14, 2))
        as amount_at_risk_eur
from due
left join reached on due.commitment_year = reached.commitment_year
group by due.commitment_year, due.deadline_date, due.amount_erdf_eur, due.amount_due_eur
