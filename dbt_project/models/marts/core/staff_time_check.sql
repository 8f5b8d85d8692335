-- Staff time at real cost against full time, by partner and year. A person is known here by the name on the payslip, and
-- counted only: the limits hold for a person over all partners and projects, as in rule R14.
with staff as (
    select
        project_id,
        partner_id,
        supplier_key as person_key,
        date_trunc('month', invoice_date) as work_month,
        cast(extract(year from invoice_date) as integer) as work_year,
        imputation_pct,
        hours_worked,
        amount_declared_eur
    from {{ ref('int_money_line') }}
    where
        cost_category_code = 'STAFF'
        and is_real_cost
        and not is_set_aside
        and supplier_key is not null
        and invoice_date is not null
),

person_month as (
    select
        person_key,
        work_month
    from staff
    group by person_key, work_month
    having sum(imputation_pct) > {{ money_parameter('full_time_pct') }}
),

person_year as (
    select
        person_key,
        work_year
    from staff
    group by person_key, work_year
    having sum(hours_worked) > {{ money_parameter('annual_hours') }}
)

select
    staff.project_id,
    staff.partner_id,
    staff.work_year,
    cast(count(distinct staff.person_key) as integer) as person_count,
    cast(count(*) as integer) as expense_count,
    cast(sum(staff.imputation_pct) / 100 as numeric(12, 4)) as person_months,
    cast(sum(staff.hours_worked) as numeric(12, 2)) as hours_worked,
    cast(count(distinct staff.person_key) * {{ money_parameter('annual_hours') }} as numeric(12, 2)) as hours_limit,
    cast(
        count(distinct staff.person_key || '|' || staff.work_month) filter (where person_month.person_key is not null)
        as integer
    ) as overfull_month_count,
    cast(
        count(distinct staff.person_key) filter (where person_year.person_key is not null) as integer
    ) as overfull_year_count,
    count(person_month.person_key) = 0 and count(person_year.person_key) = 0 as is_plausible,
    cast(sum(staff.amount_declared_eur) as numeric(14, 2)) as amount_declared_eur
from staff
left join person_month
    on staff.person_key = person_month.person_key and staff.work_month = person_month.work_month
left join person_year on staff.person_key = person_year.person_key and staff.work_year = person_year.work_year
group by staff.project_id, staff.partner_id, staff.work_year
