{{ config(materialized='ephemeral') }}

-- Only the first may leave the chambers' network.
select
    source_value,
    code
from (
    values
    ('public', 'PUBLIC'),
    ('réseau CCI', 'NETWORK'),
    ('privé', 'PRIVATE')
) as mapping (source_value, code)
