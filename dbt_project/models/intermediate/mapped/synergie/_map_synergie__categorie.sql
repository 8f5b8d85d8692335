{{ config(materialized='ephemeral') }}

-- The reviewed terms of the six cost categories (seed cost_category_term, Reg. (EU) 2021/1059 art. 39-44), and headings
-- of exports that are no category of their own: explicit NULL.
select distinct
    term_normalised as source_value,
    cost_category_code as code
from {{ ref('cost_category_term') }}

union all

select
    source_value,
    code
from (
    values
    ('frais de preparation du projet', null),
    ('frais de preparation', null),
    ('costi di preparazione', null),
    ('spese di preparazione', null),
    ('preparation costs', null),
    ('frais divers', null),
    ('spese varie', null),
    ('other costs', null)
) as mapping (source_value, code)
