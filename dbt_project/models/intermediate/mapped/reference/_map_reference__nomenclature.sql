{{ config(materialized='ephemeral') }}

select
    source_value,
    code
from (
    values
    ('NAF_REV2', 'NAFR2'),
    ('NAF_2025', 'NAF2025'),
    ('ATECO_2007', 'ATECO2007'),
    ('ATECO_2022', 'ATECO2022'),
    ('ATECO_2025', 'ATECO2025')
) as mapping (source_value, code)
