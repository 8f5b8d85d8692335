{{ config(materialized='table', unlogged=True, meta={'statistics': ['rule_code']}) }}

-- Rules on what is declared twice: numbers, documents, lines. Most lines are unlike all others: each part first finds, on
-- a few columns, which lines can be meant at all.
with document as not materialized (
    select
        line.record_key,
        line.project_id,
        line.partner_id,
        line.claim_number,
        line.expense_number,
        line.activity_code,
        line.cost_category_code,
        line.imputation_pct,
        line.amount_declared_eur,
        line.amount_gross_given,
        line.currency_code,
        line.invoice_key,
        line.invoice_date,
        line.supplier_identity,
        line.supplier_key,
        coalesce(line.supplier_identity, line.supplier_key) as supplier,
        cast(round(line.amount_gross_given * 100) as bigint) as gross_cents,
        -- A line without date has a day of its own, which is near no other.
        coalesce(line.invoice_date, cast('0001-01-01' as date)) as price_date,
        -- The part of the document that was charged to the project, as stated or as it follows from the amounts.
        coalesce(
            line.imputation_pct,
            least(100, 100 * line.amount_declared_eur * line.document_rate / nullif(line.amount_gross_given, 0)),
            100
        ) as share_pct
    from {{ ref('int_money_line') }} as line
    where not line.is_set_aside
),

-- Numbers of a partner, and prices of a day to the cent, counted in one pass.
counted as materialized (
    select
        partner_id,
        expense_number,
        gross_cents,
        currency_code,
        price_date,
        grouping(expense_number) = 0 as is_number,
        count(*) as line_count,
        count(*) filter (where amount_gross_given > 0) as priced_count
    from document
    group by grouping sets ((partner_id, expense_number), (gross_cents, currency_code, price_date))
    having
        (grouping(expense_number) = 0 and expense_number is not null and count(*) > 1)
        or (grouping(expense_number) = 1 and gross_cents > 0)
),

price as (
    select
        gross_cents,
        currency_code,
        price_date,
        priced_count as line_count
    from counted
    where not is_number
),

in_order as materialized (
    select
        *,
        sum(line_count) over by_price > 1 as is_repeated,
        line_count > 1
        or least(
            price_date - lag(price_date) over by_day, lead(price_date) over by_day - price_date
        ) <= {{ money_parameter('duplicate_days') }} as is_near
    from price
    window
        by_price as (partition by gross_cents, currency_code),
        by_day as (partition by gross_cents, currency_code order by price_date)
),

one_cent_off as (
    select
        a.gross_cents,
        a.currency_code,
        a.price_date as lower_date,
        b.price_date as upper_date
    from in_order as a
    inner join in_order as b on b.gross_cents = a.gross_cents + 1 and a.currency_code = b.currency_code
    where abs(a.price_date - b.price_date) <= {{ money_parameter('duplicate_days') }}
),

-- Prices that several lines have, and prices that lines of nearly the same day have to the cent.
shared_price as (
    select
        gross_cents,
        currency_code,
        price_date,
        bool_or(is_near) as is_near
    from (
        select
            gross_cents,
            currency_code,
            price_date,
            coalesce(is_near, false) as is_near
        from in_order
        where is_repeated or is_near
        union all
        select
            gross_cents,
            currency_code,
            lower_date as price_date,
            true as is_near
        from one_cent_off
        union all
        select
            gross_cents + 1 as gross_cents,
            currency_code,
            upper_date as price_date,
            true as is_near
        from one_cent_off
    ) as found
    group by gross_cents, currency_code, price_date
),

candidate as materialized (
    select
        document.*,
        number_used.is_number is not null as has_repeated_number,
        shared_price.gross_cents is not null as has_shared_price,
        shared_price.is_near and document.invoice_date is not null and document.supplier_key is not null as is_near
    from document
    left join counted as number_used
        on
            number_used.is_number
            and document.partner_id = number_used.partner_id
            and document.expense_number = number_used.expense_number
    left join shared_price
        on
            document.gross_cents = shared_price.gross_cents
            and document.currency_code = shared_price.currency_code
            and document.price_date = shared_price.price_date
    where number_used.is_number or shared_price.gross_cents is not null
),

-- R01: one number, several lines.
repeated_number as (
    select
        project_id,
        partner_id,
        expense_number,
        array_agg(record_key order by record_key) as record_keys,
        sum(amount_declared_eur) - max(amount_declared_eur) as amount_eur,
        string_agg(distinct claim_number, ', ') as claim_numbers
    from candidate
    where has_repeated_number
    group by project_id, partner_id, expense_number
),

-- R26: one document, several lines. Shares up to 100 % are a shared document, unless two lines agree in everything.
repeated_document as (
    select
        array_agg(record_key order by record_key) as record_keys,
        case when count(distinct project_id) = 1 then min(project_id) end as project_id,
        case when count(distinct partner_id) = 1 then min(partner_id) end as partner_id,
        case when count(distinct claim_number) = 1 then min(claim_number) end as claim_number,
        sum(share_pct) as share_pct,
        sum(amount_declared_eur) as amount_eur,
        max(amount_declared_eur) as amount_once_eur
    from (
        select
            *,
            count(*) over (partition by supplier, invoice_key, amount_gross_given, currency_code) as line_count
        from candidate
        where has_shared_price and supplier is not null and invoice_key is not null
    ) as document
    where line_count > 1
    group by supplier, invoice_key, amount_gross_given, currency_code
    having
        (
            count(distinct partner_id) > 1
            or count(distinct expense_number) > 1
            or count(expense_number) = 0
        )
        and (
            sum(share_pct) > 100.01
            or count(distinct {{ hash_of([
                'partner_id', 'activity_code', 'cost_category_code', 'imputation_pct', 'amount_declared_eur'
            ]) }}) < count(*)
        )
),

-- One supplier, one amount, one day: lines that agree so far are one item, however many they are. Comparing items and
-- not lines keeps a file of ten thousand equal lines harmless.
item as (
    select
        document.supplier_identity,
        document.supplier_key,
        document.gross_cents,
        document.currency_code,
        document.invoice_date,
        min(document.record_key) as first_key,
        array_agg(document.record_key order by document.record_key) as record_keys,
        count(*) as line_count,
        count(distinct document.invoice_key) as document_count,
        count(distinct document.expense_number) as number_count,
        case when count(distinct document.project_id) = 1 then min(document.project_id) end as project_id,
        case when count(distinct document.partner_id) = 1 then min(document.partner_id) end as partner_id,
        case when count(distinct document.claim_number) = 1 then min(document.claim_number) end as claim_number,
        case when count(distinct document.expense_number) = 1 then min(document.expense_number) end as expense_number,
        case when count(distinct document.invoice_key) = 1 then min(document.invoice_key) end as invoice_key,
        sum(document.share_pct) as share_pct,
        sum(document.amount_declared_eur) as amount_eur,
        max(document.amount_declared_eur) as amount_once_eur
    from candidate as document
    where document.is_near
    group by
        document.supplier_identity, document.supplier_key, document.gross_cents, document.currency_code,
        document.invoice_date
),

near as (
    select
        a.record_keys || b.record_keys as record_keys,
        case when a.project_id = b.project_id then a.project_id end as project_id,
        case when a.partner_id = b.partner_id then a.partner_id end as partner_id,
        case when a.claim_number = b.claim_number then a.claim_number end as claim_number,
        least(a.amount_eur, b.amount_eur) as amount_eur,
        case
            when a.supplier_identity = b.supplier_identity or a.supplier_key = b.supplier_key then 1
            else {{ text_similarity('a.supplier_key', 'b.supplier_key') }}
        end as similarity
    from item as a
    cross join (values (-1), (0), (1)) as cent (step)
    inner join item as b on b.gross_cents = a.gross_cents + cent.step
    where
        a.first_key < b.first_key
        and a.currency_code = b.currency_code
        and abs(a.invoice_date - b.invoice_date) <= {{ money_parameter('duplicate_days') }}
        -- Two firms with a number each are two firms.
        and (a.supplier_identity is null or b.supplier_identity is null or a.supplier_identity = b.supplier_identity)
        -- One number for both is R01, one document of a known supplier is above.
        and not (a.partner_id = b.partner_id and a.expense_number = b.expense_number)
        and (
            a.invoice_key is distinct from b.invoice_key
            or (a.supplier_identity is distinct from b.supplier_identity and a.share_pct + b.share_pct > 100.01)
        )
),

look_alike as (
    select
        record_keys,
        project_id,
        partner_id,
        claim_number,
        amount_eur,
        similarity
    from near
    where similarity >= {{ money_parameter('duplicate_similarity') }}
    union all
    select
        record_keys,
        project_id,
        partner_id,
        claim_number,
        amount_eur - amount_once_eur as amount_eur,
        1 as similarity
    from item
    where line_count > 1 and document_count > 1 and (number_count > 1 or partner_id is null)
)

select
    'R01' as rule_code,
    md5(array_to_string(record_keys, ' ')) as finding_key,
    record_keys,
    project_id,
    partner_id,
    case when position(', ' in claim_numbers) = 0 then claim_numbers end as claim_number,
    cast(null as text) as severity_code,
    amount_eur as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'expense_number' as field_name,
    expense_number as found_text,
    cast(null as text) as expected_text
from repeated_number

union all

select
    'R26' as rule_code,
    md5(array_to_string(record_keys, ' ')) as finding_key,
    record_keys,
    project_id,
    partner_id,
    claim_number,
    cast(null as text) as severity_code,
    case
        when share_pct > 100.01 then greatest(round(amount_eur * (share_pct - 100) / share_pct, 2), 0)
        else amount_eur - amount_once_eur
    end as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'imputation_pct' as field_name,
    {{ amount_text('share_pct') }} as found_text,
    '100.00' as expected_text
from repeated_document

union all

select
    'R26' as rule_code,
    md5(array_to_string(record_keys, ' ')) || '~' as finding_key,
    record_keys,
    project_id,
    partner_id,
    claim_number,
    'WARNING' as severity_code,
    amount_eur as amount_at_stake_eur,
    cast(null as numeric) as amount_suggested_eur,
    'supplier_similarity' as field_name,
    {{ amount_text('similarity') }} as found_text,
    {{ amount_text(money_parameter('duplicate_similarity')) }} as expected_text
from look_alike
