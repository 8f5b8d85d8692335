select
    rule_code,
    finding_severity_code,
    finding_scope_code,
    cast(irregularity_code as text) as irregularity_code,
    legal_source,
    is_confirmed,
    parameter_names,
    rule_label_fr,
    rule_label_it,
    rule_label_en,
    rule_text_fr,
    rule_text_it,
    rule_text_en,
    correction_fr,
    correction_it,
    correction_en
from {{ ref('expense_rule_seed') }}
