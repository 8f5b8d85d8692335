{{ config(materialized='ephemeral') }}

select
    source_value,
    code
from (
    values
    ('reel', 'REAL'),
    ('reels', 'REAL'),
    ('cout reel', 'REAL'),
    ('couts reels', 'REAL'),
    ('frais reels', 'REAL'),
    ('au reel', 'REAL'),
    ('reale', 'REAL'),
    ('costo reale', 'REAL'),
    ('costi reali', 'REAL'),
    ('real', 'REAL'),
    ('real cost', 'REAL'),
    ('real costs', 'REAL'),
    ('forfait', 'FLAT'),
    ('taux forfaitaire', 'FLAT'),
    ('forfaitaire', 'FLAT'),
    ('tasso forfettario', 'FLAT'),
    ('forfettario', 'FLAT'),
    ('tasso forfetario', 'FLAT'),
    ('flat', 'FLAT'),
    ('flat rate', 'FLAT'),
    ('montant forfaitaire', 'LUMP'),
    ('somme forfaitaire', 'LUMP'),
    ('somma forfettaria', 'LUMP'),
    ('importo forfettario', 'LUMP'),
    ('somma forfetaria', 'LUMP'),
    ('lump', 'LUMP'),
    ('lump sum', 'LUMP')
) as mapping (source_value, code)
