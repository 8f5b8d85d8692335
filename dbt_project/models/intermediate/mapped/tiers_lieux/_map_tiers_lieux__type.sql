{{ config(materialized='ephemeral') }}

-- The reviewed terms (seed third_place_type_term), what platforms write besides (fablabs.io calls its kinds "mini fab
-- lab" and "mobile"), and words that say nothing about the kind of place (legal form, size): explicit NULL.
select distinct
    term_normalised as source_value,
    third_place_type_code as code
from {{ ref('third_place_type_term') }}

union all

select
    source_value,
    code
from (
    values
    ('tiers lieux a dominante coworking', 'COWORKING'),
    ('tiers lieux a dominante fablab', 'FABLAB_MAKERSPACE'),
    ('agri food', 'AGRI_FOOD'),
    ('tiers lieu nourricier agricole', 'AGRI_FOOD'),
    ('mini fab lab', 'FABLAB_MAKERSPACE'),
    ('mobile', 'FABLAB_MAKERSPACE'),
    ('fablab makerspace', 'FABLAB_MAKERSPACE'),
    ('livinglab', 'LIVING_LAB'),
    ('lieu intermediaire', 'CULTURAL'),
    ('cultural', 'CULTURAL'),
    ('inclusion numerique', 'DIGITAL_INCLUSION'),
    ('digital inclusion', 'DIGITAL_INCLUSION'),
    ('punto digitale', 'DIGITAL_INCLUSION'),
    ('tiers lieu', null),
    ('tiers lieux', null),
    ('tierslieux', null),
    ('spazio ibrido', null),
    ('hybride', null),
    ('multiservices', null),
    ('other', null),
    ('altro', null),
    ('nr', null),
    ('association', null),
    ('associazione', null),
    ('asso', null),
    ('mairie', null),
    ('mun', null)
) as mapping (source_value, code)
where source_value not in (select term_normalised from {{ ref('third_place_type_term') }})
