-- The gate between what we know and what may be shown. ACTIF is the chambers' intranet: a flow leaves it only when its
-- confidentiality is public. A registration struck off the register is no offer any more. A flow without a label or
-- without anybody behind it says nothing.
select *
from {{ ref('int_flow') }}
where
    confidentiality_code = 'PUBLIC'
    and is_active
    and direction_code is not null
    and material_text is not null
    and organisation_id is not null
