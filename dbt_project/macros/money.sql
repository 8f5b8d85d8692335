{#-
  ERDF share of one partner: the rate (percent) of its amount, truncated to the cent. ALCOTRA's own tables are
  truncated, not rounded (85 % of 422 517.30 is printed 359 139.70, half-up would give .71), and the sum of the
  truncated parts wins over the rate of the sum.
-#}
{% macro erdf_share(amount, rate_pct) -%}
    trunc(({{ amount }}) * ({{ rate_pct }}) / 100, 2)
{%- endmacro %}

{#-
  Amount in euros, to the cent, half up: as given where the currency is the euro, else divided by the rate (units of
  the currency for one euro). NULL where the rate is unknown: an amount is never shown in the wrong currency.
-#}
{% macro amount_eur(amount, currency, rate) -%}
    case
        when {{ currency }} = 'EUR' then round({{ amount }}, 2)
        when {{ rate }} > 0 then round({{ amount }} / {{ rate }}, 2)
    end
{%- endmacro %}
