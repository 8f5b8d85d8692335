select
    currency_code,
    month as rate_month_date,
    rate_type as exchange_rate_type_code,
    cast(currency_per_eur as numeric(18, 8)) as exchange_rate,
    is_verified,
    source as source_text
from {{ ref('fx_rate') }}
