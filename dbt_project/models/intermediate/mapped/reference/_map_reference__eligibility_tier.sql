{{ config(materialized='ephemeral') }}

-- Flexibility zones and partners without ERDF took part from outside the core area, as the adjacent zones did.
select
    source_value,
    code
from (
    values
    ('core', 'CORE'),
    ('adjacent', 'ADJACENT'),
    ('flexibility', 'ADJACENT'),
    ('without_erdf', 'ADJACENT'),
    ('none', 'OUTSIDE')
) as mapping (source_value, code)
