{#- Every code of the column is a code of the canonical list. NULL is allowed: it says "seen, and without a code". -#}
{% test in_code_list(model, column_name, list) %}
select distinct mapped.{{ column_name }} as code
from {{ model }} as mapped
left join {{ ref('code_lists') }} as list
    on list.list_name = '{{ list }}' and mapped.{{ column_name }} = list.code
where mapped.{{ column_name }} is not null and list.code is null
{% endtest %}
