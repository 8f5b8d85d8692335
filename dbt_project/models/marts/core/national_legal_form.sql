select
    legal_form_code as national_legal_form_code,
    country_code,
    legal_form_group as legal_form_code,
    name_national as legal_form_name,
    abbreviation as abbreviation_text,
    national_code as register_code,
    elf_code
from {{ ref('legal_form') }}
