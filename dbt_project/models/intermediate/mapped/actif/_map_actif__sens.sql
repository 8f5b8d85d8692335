{{ config(materialized='ephemeral') }}

select
    source_value,
    code
from (
    values
    ('SORTANT', 'OFFER'),
    ('ENTRANT', 'DEMAND')
) as mapping (source_value, code)
