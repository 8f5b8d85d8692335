{{ config(materialized='ephemeral') }}

select
    source_value,
    code
from (
    values
    ('matière', 'MATERIAL'),
    ('déchet', 'WASTE'),
    ('énergie', 'ENERGY'),
    ('eau', 'WATER'),
    ('équipement', 'EQUIPMENT'),
    ('service', 'SERVICE'),
    ('compétence', 'SKILL'),
    ('transport', 'TRANSPORT')
) as mapping (source_value, code)
