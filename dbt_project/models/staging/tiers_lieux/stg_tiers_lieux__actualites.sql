select
    {{ json_text('payload', 'instance') }} as instance,
    {{ json_text('payload', 'guid') }} as guid,
    {{ json_text('payload', 'titre') }} as titre,
    {{ json_text('payload', 'resume') }} as resume,
    {{ json_text('payload', 'contenu_html_sanitise') }} as contenu_html_sanitise,
    {{ json_text('payload', 'url') }} as url,
    {{ json_text('payload', 'langue') }} as langue,
    {{ json_text_array('payload', 'categories') }} as categories,
    {{ json_timestamp('payload', 'date_publication') }} as date_publication,
    {{ json_timestamp('payload', 'date_maj') }} as date_maj,
    {{ json_text('payload', 'lieu_reference') }} as lieu_reference,
    {{ json_text('payload', 'licence') }} as licence,
    {{ json_text('payload', 'attribution') }} as attribution,
    -- The contract's own default: a licence that says nothing against it lets the record be passed on.
    coalesce({{ json_boolean('payload', 'redistribuable') }}, true) as redistribuable,
    {{ json_text_array('payload', 'champs_inconnus') }} as champs_inconnus,
    {{ json_text_array('payload', 'avertissements') }} as avertissements,
    {{ lineage_columns() }}
from {{ source('tiers_lieux', 'actualites') }}
where deleted_at is null
