select
    {{ json_text('payload', 'id') }} as id,
    {{ json_text('payload', 'name') }} as name,
    {{ json_numeric('payload', 'quantity') }} as quantity,
    {{ json_text('payload', 'unit') }} as unit,
    {{ json_date('payload', 'updated') }} as updated,
    {{ json_text('payload', 'contact') }} as contact,
    {{ lineage_columns() }}
from {{ source('$source', '$stream') }}
where deleted_at is null
