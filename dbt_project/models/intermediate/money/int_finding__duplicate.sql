{{ config(materialized='ephemeral') }}

-- Rules on what is declared twice: numbers, documents, lines.
{% set tolerance = money_parameter('amount_tolerance_eur') %}

-- Most lines are unlike all others: each part first finds, on a few columns, which lines can be meant at all.
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
        -- The part of the document that was charged to the project, as stated or as it follows from the amounts.
        coalesce(
            line.imputation_pct,
            least(100, 100 * line.amount_declared_eur * line.document_rate / nullif(line.amount_gross_given, 0)),
            100
        ) as share_pct
    from {{ ref('int_money_line') }} as line
    where not line.is_set_aside
),

-- R01: one number, several lines.
number_used as (
    select
        partner_id,
        expense_number
    from document
    where expense_number is not null
    group by partner_id, expense_number
    having count(*) > 1
),

repeated_number as (
    select
        document.project_id,
        document.partner_id,
        document.expense_number,
        array_agg(document.record_key order by document.record_key) as record_keys,
        sum(document.amount_declared_eur) - max(document.amount_declared_eur) as amount_eur,
        string_agg(distinct document.claim_number, ', ') as claim_numbers
    from document
    inner join number_used
        on document.partner_id = number_used.partner_id and document.expense_number = number_used.expense_number
    group by document.project_id, document.partner_id, document.expense_number
),

-- R26: one document, several lines. Shares up to 100 % are a shared document, unless two lines agree in everything.
document_used as (
    select
        supplier,
        invoice_key,
        amount_gross_given,
        currency_code
    from document
    where supplier is not null and invoice_key is not null and amount_gross_given > 0
    group by supplier, invoice_key, amount_gross_given, currency_code
    having count(*) > 1
),

repeated_document as (
    select
        array_agg(document.record_key order by document.record_key) as record_keys,
        case when count(distinct document.project_id) = 1 then min(document.project_id) end as project_id,
        case when count(distinct document.partner_id) = 1 then min(document.partner_id) end as partner_id,
        case when count(distinct document.claim_number) = 1 then min(document.claim_number) end as claim_number,
        sum(document.share_pct) as share_pct,
        sum(document.amount_declared_eur) as amount_eur,
        max(document.amount_declared_eur) as amount_once_eur
    from document
    inner join document_used
        on
            document.supplier = document_used.supplier
            and document.invoice_key = document_used.invoice_key
            and document.amount_gross_given = document_used.amount_gross_given
            and document.currency_code = document_used.currency_code
    group by document.supplier, document.invoice_key, document.amount_gross_given, document.currency_code
    having
        (
            count(distinct document.partner_id) > 1
            or count(distinct document.expense_number) > 1
            or count(document.expense_number) = 0
        )
        and (
            sum(document.share_pct) > 100.01
            or count(distinct {{ hash_of([
                'document.partner_id', 'document.activity_code', 'document.cost_category_code',
                'document.imputation_pct', 'document.amount_declared_eur'
            ]) }}) < count(*)
        )
),

-- Amounts of a day that several lines have, to the cent and within the days that count as one.
price as (
    select
        gross_cents,
        currency_code,
        invoice_date,
        count(*) as line_count
    from document
    where amount_gross_given > 0 and supplier_key is not null and invoice_date is not null
    group by gross_cents, currency_code, invoice_date
),

near_price as (
    select distinct
        a.gross_cents,
        a.currency_code,
        a.invoice_date
    from price as a
    cross join (values (-1), (0), (1)) as cent (step)
    inner join price as b on b.gross_cents = a.gross_cents + cent.step
    where
        a.currency_code = b.currency_code
        and abs(a.invoice_date - b.invoice_date) <= {{ money_parameter('duplicate_days') }}
        and (cent.step <> 0 or a.invoice_date <> b.invoice_date or a.line_count > 1)
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
    from document
    inner join near_price
        on
            document.gross_cents = near_price.gross_cents
            and document.currency_code = near_price.currency_code
            and document.invoice_date = near_price.invoice_date
    where document.amount_gross_given > 0 and document.supplier_key is not null
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
