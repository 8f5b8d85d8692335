select
    activity_code,
    activity_revision_code,
    notation,
    nace_class_code,
    nace_division_code,
    activity_name_fr,
    activity_name_it,
    activity_name_en
from {{ ref('int_activity') }}
