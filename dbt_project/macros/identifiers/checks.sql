{#-
  Check digits of French and Italian identifiers as pure SQL. Each macro returns a boolean expression and wants
  text without blanks; a value that does not have the shape is false, NULL is NULL.
-#}

{#- Sum of a Luhn number: every second digit from the right doubled, nine cast out. -#}
{% macro luhn_sum(expression, length) -%}
    {%- for position in range(1, length + 1) -%}
        {%- if (length - position) % 2 == 1 -%}
    cast(substr('0246813579', cast(substr({{ expression }}, {{ position }}, 1) as integer) + 1, 1) as integer)
        {%- else -%}
    cast(substr({{ expression }}, {{ position }}, 1) as integer)
        {%- endif -%}
        {{ " + " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro digit_sum(expression, length) -%}
    {%- for position in range(1, length + 1) -%}
    cast(substr({{ expression }}, {{ position }}, 1) as integer){{ " + " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Digits only and the Luhn sum a multiple of ten. -#}
{% macro luhn_valid(expression, length) -%}
    case
        when {{ expression }} ~ '^[0-9]{{ '{' }}{{ length }}{{ '}' }}$' then ({{ luhn_sum(expression, length) }}) % 10 = 0
        else false
    end
{%- endmacro %}

{#- SIREN: nine digits, Luhn; nine zeros pass the arithmetic and are nobody. -#}
{% macro is_siren(expression) -%}
    case
        when {{ expression }} is null then null
        when {{ expression }} !~ '^[0-9]{9}$' or {{ expression }} = '000000000' then false
        else ({{ luhn_sum(expression, 9) }}) % 10 = 0
    end
{%- endmacro %}

{#-
  SIRET: fourteen digits, Luhn on the whole and on the SIREN. La Poste (SIREN 356000000) numbers its
  establishments so that the plain digit sum is a multiple of five; only its head office follows Luhn.
-#}
{% macro is_siret(expression) -%}
    case
        when {{ expression }} is null then null
        when {{ expression }} !~ '^[0-9]{14}$' or substr({{ expression }}, 1, 9) = '000000000' then false
        when substr({{ expression }}, 1, 9) = '356000000' and {{ expression }} <> '35600000000048'
            then ({{ digit_sum(expression, 14) }}) % 5 = 0
        else
            ({{ luhn_sum(expression, 14) }}) % 10 = 0
            and ({{ luhn_sum("substr(" ~ expression ~ ", 1, 9)", 9) }}) % 10 = 0
    end
{%- endmacro %}

{#-
  Partita IVA (also the codice fiscale of legal persons): eleven digits, Luhn, digits 8-10 are a province
  office (001-100, 120, 121, 888, 999), the first seven are not all zero.
-#}
{% macro is_partita_iva(expression) -%}
    case
        when {{ expression }} is null then null
        when {{ expression }} !~ '^[0-9]{11}$' or substr({{ expression }}, 1, 7) = '0000000' then false
        when not (
            substr({{ expression }}, 8, 3) between '001' and '100'
            or substr({{ expression }}, 8, 3) in ('120', '121', '888', '999')
        ) then false
        else ({{ luhn_sum(expression, 11) }}) % 10 = 0
    end
{%- endmacro %}

{#-
  Codice fiscale of a natural person: sixteen characters of the known shape (digits may be replaced by the
  omocodia letters L-V) and the control letter of DM 23/12/1976.
-#}
{% macro is_codice_fiscale_person(expression) -%}
    {%- set odd = [1,0,5,7,9,13,15,17,19,21,2,4,18,20,11,3,6,8,12,14,16,10,22,25,24,23] -%}
    case
        when {{ expression }} is null then null
        when {{ expression }} !~ '^[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]$'
            then false
        else chr(65 + (
            {%- for position in range(1, 16) %}
            {%- set character = "substr(" ~ expression ~ ", " ~ position ~ ", 1)" %}
            {%- set value = "(case when " ~ character ~ " ~ '[0-9]' then ascii(" ~ character ~ ") - 48 else ascii(" ~ character ~ ") - 65 end)" %}
            {% if position % 2 == 1 -%}
            (array{{ odd }})[{{ value }} + 1]
            {%- else -%}
            {{ value }}
            {%- endif %}{{ " +" if not loop.last }}
            {%- endfor %}
        ) % 26) = substr({{ expression }}, 16, 1)
    end
{%- endmacro %}

{#- French VAT number: FR, two-digit key = (12 + 3 x (SIREN mod 97)) mod 97, SIREN. -#}
{% macro is_vat_fr(expression) -%}
    case
        when {{ expression }} is null then null
        when {{ expression }} !~ '^FR[0-9]{11}$' then false
        else
            {{ is_siren("substr(" ~ expression ~ ", 5, 9)") }}
            and cast(substr({{ expression }}, 3, 2) as integer)
            = (12 + 3 * (cast(substr({{ expression }}, 5, 9) as integer) % 97)) % 97
    end
{%- endmacro %}
