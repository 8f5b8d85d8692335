select
    {{ json_text('payload', 'fichier') }} as fichier,
    {{ json_text('payload', 'feuille') }} as feuille,
    {{ json_integer('payload', 'ligne') }} as ligne,
    {{ json_text('payload', 'sha256_fichier') }} as sha256_fichier,
    {{ json_boolean('payload', 'montant_ambigu') }} as montant_ambigu,
    payload -> 'lectures_alternatives' as lectures_alternatives,
    {{ json_text('payload', 'projet') }} as projet,
    {{ json_text('payload', 'partenaire') }} as partenaire,
    {{ json_text('payload', 'categorie') }} as categorie,
    {{ json_text('payload', 'methode') }} as methode,
    {{ json_text('payload', 'code_wp') }} as code_wp,
    {{ json_text('payload', 'annee') }} as annee,
    {{ json_text('payload', 'version') }} as version,
    {{ json_numeric('payload', 'montant_total') }} as montant_total,
    {{ json_text('payload', 'devise') }} as devise,
    {{ json_integer('payload', 'occurrence') }} as occurrence,
    {{ json_text('payload', 'langue') }} as langue,
    payload -> 'avertissements' as avertissements,
    {{ lineage_columns() }}
from {{ source('synergie', 'postes') }}
where deleted_at is null
