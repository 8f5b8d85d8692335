{#-
  Loads the rows of a seed. dbt's own macro asks for the placeholder of a value once per cell, and each question
  is a failed package look-up that walks the whole environment; asked once per seed, the reference seeds load in a
  tenth of the time. Otherwise the same: batches, bindings, and the first statement as compiled SQL.
-#}
{% macro postgres__load_csv_rows(model, agate_table) %}
    {% set columns = get_seed_column_quoted_csv(model, agate_table.column_names) %}
    {% set placeholder = get_binding_char() %}
    {% set row_placeholders = '(' ~ ([placeholder] * (agate_table.column_names | length)) | join(',') ~ ')' %}
    {% set statements = [] %}
    {% for chunk in agate_table.rows | batch(get_batch_size()) %}
        {% set bindings = [] %}
        {% for row in chunk %}
            {% do bindings.extend(row) %}
        {% endfor %}
        {% set sql = 'insert into ' ~ this.render() ~ ' (' ~ columns ~ ') values ' ~ ([row_placeholders] * (chunk | length)) | join(',') %}
        {% do adapter.add_query(sql, bindings=bindings, abridge_sql_log=True) %}
        {% if loop.first %}
            {% do statements.append(sql) %}
        {% endif %}
    {% endfor %}
    {{ return(statements[0]) }}
{% endmacro %}
