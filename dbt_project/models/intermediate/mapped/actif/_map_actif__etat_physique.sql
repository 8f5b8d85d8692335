{{ config(materialized='ephemeral') }}

-- Keys are normalised (lower case, no accents). NULL: seen, and deliberately without a code.
select
    source_value,
    code
from (
    values
    ('solide', 'SOLID'),
    ('solides', 'SOLID'),
    ('vrac', 'SOLID'),
    ('granule', 'SOLID'),
    ('granules', 'SOLID'),
    ('pulverulent', 'POWDER'),
    ('poudre', 'POWDER'),
    ('poussiere', 'POWDER'),
    ('pateux', 'PASTE_SLUDGE'),
    ('boueux', 'PASTE_SLUDGE'),
    ('boue', 'PASTE_SLUDGE'),
    ('humide', 'PASTE_SLUDGE'),
    ('visqueux', 'VISCOUS'),
    ('sirupeux', 'VISCOUS'),
    ('liquide', 'LIQUID'),
    ('gazeux', 'GAS'),
    ('gaz', 'GAS'),
    ('autre', null),
    ('non precise', null),
    ('sans objet', null),
    ('nc', null),
    ('mixte', null)
) as mapping (source_value, code)
