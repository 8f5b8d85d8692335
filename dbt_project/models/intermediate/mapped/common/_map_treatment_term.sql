{{ config(materialized='ephemeral') }}

-- What is done with a material today, in the sources' words, to the operation of the waste directive where one is
-- meant. Use as feed, by a dealer or in another process is no waste operation: explicit NULL.
select
    source_value,
    code
from (
    values
    ('compostage', 'R3'),
    ('methanisation', 'R3'),
    ('recyclage', null),
    ('compostaggio', 'R3'),
    ('digestione anaerobica', 'R3'),
    ('biogas', 'R3'),
    ('epandage', 'R10'),
    ('spandimento', 'R10'),
    ('incineration', 'D10'),
    ('valorisation energetique', 'R1'),
    ('chaufferie', 'R1'),
    ('chauffage', 'R1'),
    ('recupero energetico', 'R1'),
    ('enfouissement', 'D1'),
    ('isdnd', 'D1'),
    ('decharge', 'D1'),
    ('discarica', 'D1'),
    ('alimentation animale', null),
    ('alimentazione animale', null),
    ('reprise par un negociant', null),
    ('negociant', null),
    ('reemploi', null),
    ('vente', null),
    ('don', null),
    ('aucune', null),
    ('nessuna', null)
) as mapping (source_value, code)
