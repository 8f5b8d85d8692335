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
  One rule on single lines. `where` may use every column of int_money_line as `line` and of int_money_project as
  `project`; the other arguments are SQL for what the finding shows. `severity` replaces the registry's; `field_sql`
  tells the field where it depends on the line.
-#}
{% macro line_rule(rule, field, where, found, expected="cast(null as text)", at_stake="line.amount_declared_eur", suggested="cast(null as numeric)", severity="cast(null as text)", field_sql=none) %}
select
    '{{ rule }}' as rule_code,
    line.record_key as finding_key,
    array[line.record_key] as record_keys,
    line.project_id,
    line.partner_id,
    line.claim_number,
    {{ severity }} as severity_code,
    round({{ at_stake }}, 2) as amount_at_stake_eur,
    round({{ suggested }}, 2) as amount_suggested_eur,
    {{ field_sql or "'" ~ field ~ "'" }} as field_name,
    cast({{ found }} as text) as found_text,
    cast({{ expected }} as text) as expected_text
from {{ ref('int_money_line') }} as line
inner join {{ ref('int_money_project') }} as project on line.project_id = project.project_id
where {{ where }}
{% endmacro %}

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
