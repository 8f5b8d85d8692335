select
    list_name,
    code,
    label_fr,
    label_it,
    label_en,
    definition_fr,
    definition_it,
    definition_en,
    standard_code,
    uri,
    sort_order
from {{ ref('code_lists') }}
