select
    source_id,
    stream_name,
    is_stale,
    last_good_at,
    last_run_id,
    record_count
from {{ ref('int_source_status') }}
