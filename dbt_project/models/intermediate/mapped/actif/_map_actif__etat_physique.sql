{{ config(materialized='ephemeral') }}

-- The reviewed terms (seed physical_state_term), and what ACTIF's advisers write besides. Keys are normalised. NULL:
-- seen, and deliberately without a code.
select distinct
    term_normalised as source_value,
    physical_state_code as code
from {{ ref('physical_state_term') }}

union all

select
    source_value,
    code
from (
    values
    ('autre', null),
    ('non precise', null),
    ('sans objet', null),
    ('mixte', null),
    ('nc', null)
) as mapping (source_value, code)
