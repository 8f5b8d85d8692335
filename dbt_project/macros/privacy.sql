{#-
  Name under which an organisation is published. A sole trader's name is that of a person: it stays in the
  intermediate layer, and a neutral name with the head of the organisation id stands in its place, so that two sole
  traders can still be told apart.
-#}
{% macro public_organisation_name(name, is_natural_person, organisation_id) -%}
    case
        when {{ is_natural_person }}
            then 'Entreprise individuelle · Impresa individuale ' || upper(substr({{ organisation_id }}, 5, 6))
        else {{ name }}
    end
{%- endmacro %}
