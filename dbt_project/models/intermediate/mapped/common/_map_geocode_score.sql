{{ config(materialized='ephemeral') }}

-- Confidence in the commune by the way it was found. Orders the methods for a reader; not a measured probability.
select
    code,
    cast(score as numeric(5, 4)) as score
from (
    values
    ('MUNICIPALITY_CODE', 1.0),
    ('POSTCODE_AND_NAME', 0.98),
    ('PROVINCE_AND_NAME', 0.95),
    ('NAME', 0.85),
    ('POSTCODE', 0.8),
    ('COORDINATES', 0.8),
    ('FUZZY_NAME', 0.7)
) as mapping (code, score)
