select
    {{ json_text('payload', 'fichier') }} as fichier,
    {{ json_text('payload', 'feuille') }} as feuille,
    {{ json_integer('payload', 'ligne') }} as ligne,
    {{ json_text('payload', 'sha256_fichier') }} as sha256_fichier,
    {{ json_text('payload', 'langue') }} as langue,
    {{ json_boolean('payload', 'montant_ambigu') }} as montant_ambigu,
    payload -> 'lectures_alternatives' as lectures_alternatives,
    payload -> 'avertissements' as avertissements,
    {{ json_text('payload', 'projet') }} as projet,
    {{ json_text('payload', 'partenaire') }} as partenaire,
    {{ json_text('payload', 'role_partenaire') }} as role_partenaire,
    {{ json_text('payload', 'pays') }} as pays,
    {{ json_numeric('payload', 'montant_total') }} as montant_total,
    {{ json_text('payload', 'devise') }} as devise,
    {{ json_numeric('payload', 'feder') }} as feder,
    {{ json_numeric('payload', 'taux_feder') }} as taux_feder,
    {{ json_numeric('payload', 'cpn') }} as cpn,
    {{ json_numeric('payload', 'autofinancement') }} as autofinancement,
    {{ json_text('payload', 'type_ligne') }} as type_ligne,
    {{ json_integer('payload', 'occurrence') }} as occurrence,
    {{ lineage_columns() }}
from {{ source('synergie', 'budgets') }}
where deleted_at is null
