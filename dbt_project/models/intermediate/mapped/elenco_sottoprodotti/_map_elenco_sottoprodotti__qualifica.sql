{{ config(materialized='ephemeral') }}

select
    source_value,
    code
from (
    values
    ('PRODUTTORE', 'OFFER'),
    ('UTILIZZATORE', 'DEMAND')
) as mapping (source_value, code)
