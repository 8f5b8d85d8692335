select
    {{ json_text('payload', 'projet') }} as projet,
    {{ json_text('payload', 'fichier') }} as fichier,
    {{ json_text('payload', 'feuille') }} as feuille,
    {{ json_integer('payload', 'ligne') }} as ligne,
    {{ json_text('payload', 'sha256_fichier') }} as sha256_fichier,
    {{ json_text('payload', 'nature') }} as nature,
    {{ json_text('payload', 'champ') }} as champ,
    {{ json_text('payload', 'libelle') }} as libelle,
    {{ json_numeric('payload', 'attendu') }} as attendu,
    {{ json_numeric('payload', 'trouve') }} as trouve,
    {{ json_numeric('payload', 'difference') }} as difference,
    {{ json_boolean('payload', 'conforme') }} as conforme,
    {{ json_numeric('payload', 'tolerance') }} as tolerance,
    {{ lineage_columns() }}
from {{ source('synergie', 'controles') }}
where deleted_at is null
