{#- Value of a limit that holds for every country and day. -#}
{% macro money_parameter(name) -%}
    (select limits.value_number from {{ ref('money_parameter') }} as limits where limits.parameter_name = '{{ name }}')
{%- endmacro %}

{% macro money_parameter_date(name) -%}
    (select limits.value_date from {{ ref('money_parameter') }} as limits where limits.parameter_name = '{{ name }}')
{%- endmacro %}

{#- An amount as text, with a point and two decimals: findings travel as data, pages write them by language. -#}
{% macro amount_text(expression) -%}
    cast(round({{ expression }}, 2) as text)
{%- endmacro %}

{#-
  Findings of rules on single lines: one scan, in which only a line that breaks a rule is asked which ones. A rule is a
  mapping: `rule`, `about`, `where`, `found`, and where they differ from the usual `expected`, `at_stake`, `suggested`,
  `severity`, and `field` or `field_sql`.
-#}
{% macro line_findings(rules, lines) %}
select
    broken.rule_code,
    line.record_key as finding_key,
    array[line.record_key] as record_keys,
    line.project_id,
    line.partner_id,
    line.claim_number,
    line.cost_category_code,
    {{ by_rule(rules, 'severity', "cast(null as text)") }} as severity_code,
    round({{ by_rule(rules, 'at_stake', "line.amount_declared_eur") }}, 2) as amount_at_stake_eur,
    round({{ by_rule(rules, 'suggested', "cast(null as numeric)") }}, 2) as amount_suggested_eur,
    case broken.rule_code
        {% for rule in rules %}
        when '{{ rule.rule }}' then {{ rule.field_sql or "'" ~ rule.field ~ "'" }}
        {% endfor %}
    end as field_name,
    {{ by_rule(rules, 'found', "cast(null as text)", "text") }} as found_text,
    {{ by_rule(rules, 'expected', "cast(null as text)", "text") }} as expected_text,
    line.expense_id,
    line.source_file_name,
    line.source_sheet_name,
    line.source_row_number,
    jsonb_build_array({{ finding_evidence_row('line') }}) as evidence_rows
from {{ lines }} as line
cross join unnest(array_remove(array[
    {% for rule in rules %}
    -- {{ rule.about | replace("\n", " ") }}
    case when {{ rule.where }} then '{{ rule.rule }}' end{{ "," if not loop.last }}
    {% endfor %}
], null)) as broken (rule_code)
where
    {% for rule in rules %}
    ({{ rule.where }}){{ " or" if not loop.last }}
    {% endfor %}
{% endmacro %}

{#- What the rules say under one entry, each for itself; `usual` for those that do not say. -#}
{% macro by_rule(rules, entry, usual, type=none) -%}
    case broken.rule_code
        {% for rule in rules if entry in rule %}
        when '{{ rule.rule }}' then {{ "cast(" ~ rule[entry] ~ " as " ~ type ~ ")" if type else rule[entry] }}
        {% endfor %}
        else {{ usual }}
    end
{%- endmacro %}

{#-
  Number of an invoice as a key: letters and digits part by part, leading zeros dropped, so that FA-0012, FA 12 and
  fa12 agree while 2019-1 and 20191 do not.
-#}
{% macro invoice_key(expression) -%}
    case
        when upper({{ expression }}) ~ '[A-Z0-9]'
            then
                substr(regexp_replace(
                    regexp_replace(
                        upper({{ expression }}), '[^A-Z0-9]*([A-Z]+|[0-9]+)[^A-Z0-9]*', '-\1', 'g'
                    ), '-0+(?=[0-9])', '-', 'g'
                ), 2)
    end
{%- endmacro %}

{#- Name of a firm as a key: words without legal form and without the mark of invented firms. -#}
{% macro supplier_name_key(expression) -%}
    nullif(btrim(regexp_replace(
        ' ' || {{ normalise_text(expression) }} || ' ',
        ' (fictif|fittizio|fictitious|sarl|sas|sasu|sa|eurl|scop|scic|snc|gie|srl|spa|sapa|sas di|ss|soc coop|societa cooperativa|s r l|s p a|s a s|s n c|s a r l|s a) ',
        ' ', 'g'
    )), '')
{%- endmacro %}

{#- Share of letter triples that two normalised texts have in common, 0 to 1. For few pairs only. -#}
{% macro text_similarity(left_text, right_text) -%}
    (
        select
            cast(count(*) filter (where in_left and in_right) as numeric)
            / nullif(count(*), 0)
        from (
            select
                triple,
                bool_or(side = 1) as in_left,
                bool_or(side = 2) as in_right
            from (
                select 1 as side, substr('  ' || {{ left_text }} || ' ', position_number, 3) as triple
                from generate_series(1, length({{ left_text }}) + 1) as place (position_number)
                union
                select 2 as side, substr('  ' || {{ right_text }} || ' ', position_number, 3) as triple
                from generate_series(1, length({{ right_text }}) + 1) as place (position_number)
            ) as piece
            group by triple
        ) as compared
    )
{%- endmacro %}

{#- One line as the evidence of a finding shows it; `line` is an alias of int_money_line. -#}
{% macro finding_evidence_row(line) -%}
    jsonb_build_object(
        'expense_id', {{ line }}.expense_id,
        'expense_number', {{ line }}.expense_number,
        'claim_number', {{ line }}.claim_number,
        'file', {{ line }}.source_file_name,
        'sheet', {{ line }}.source_sheet_name,
        'row', {{ line }}.source_row_number,
        'amount_declared_eur', {{ line }}.amount_declared_eur
    )
{%- endmacro %}
