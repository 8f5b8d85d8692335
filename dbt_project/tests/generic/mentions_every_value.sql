{#-
  Every value that the source sends is mentioned in the mapping table, if only with an explicit NULL. `normalised` when
  the table is keyed by normalised text.
-#}
{% test mentions_every_value(model, column_name, of, field, normalised=false) %}
{%- set value = normalise_text('source.' ~ field) if normalised else 'source.' ~ field %}
select distinct {{ value }} as value_not_mentioned
from {{ of }} as source
where
    {{ value }} is not null
    and {{ value }} not in (select {{ column_name }} from {{ model }} where {{ column_name }} is not null)
{% endtest %}
