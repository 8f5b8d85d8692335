{{ config(materialized='ephemeral') }}

-- Services and equipment in the words of the platforms: whole words looked for in the normalised term, first match by
-- rank. A term that no line matches keeps its own words without a code.
select
    pattern,
    kind_code,
    type_code,
    rank
from (
    values
    ('(imprimantes?|impression|stampante|stampa) 3d|3d print\w*|three d printing', 'EQUIPMENT', 'DIGITAL_FABRICATION', 1),
    ('decoupe laser|taglio laser|laser|cnc|fraiseuse|fresatrice', 'EQUIPMENT', 'DIGITAL_FABRICATION', 1),
    ('vinyl cutting|circuit production|precision milling|cnc milling', 'EQUIPMENT', 'DIGITAL_FABRICATION', 1),
    ('machines? a bois|atelier bois|falegnameria|outillage|outils|attrezz\w+|etabli', 'EQUIPMENT', 'CRAFT_EQUIPMENT', 2),
    ('couture|sartoria|poterie|ceramica', 'EQUIPMENT', 'CRAFT_EQUIPMENT', 2),
    ('fabrication numerique|fabbricazione digitale|fablab|prototyp\w*|prototipazione', 'SERVICE', 'DIGITAL_FABRICATION', 3),
    ('repar\w+|riparazion\w+|repair|reemploi|riuso|riutilizzo', 'SERVICE', 'REPAIR_REUSE', 4),
    ('salles? de reunion|sal[ae] riunioni|meeting room|visioconference', 'SERVICE', 'MEETING_ROOM', 5),
    ('evenement\w*|salle polyvalente|sala eventi|eventi|conferences', 'SERVICE', 'EVENT_SPACE', 6),
    ('bureaux? (ferme|fermes|prive|prives)|uffici?o? privat[oi]', 'SERVICE', 'PRIVATE_OFFICE', 7),
    ('coworking|postes? de travail|bureaux partages|bureau nomade|postazion\w*|open space', 'SERVICE', 'COWORKING_DESK', 8),
    ('teletravail|telelavoro|smart working', 'SERVICE', 'COWORKING_DESK', 8),
    ('demarches?|aide administrative|acces aux droits|pratiche|sportello|spid', 'SERVICE', 'ADMIN_SUPPORT', 9),
    ('prendre en main|naviguer|numerique|competenze digitali|facilitazione digitale', 'SERVICE', 'DIGITAL_SUPPORT', 10),
    ('assistenza digitale|cybersecurite', 'SERVICE', 'DIGITAL_SUPPORT', 10),
    ('wifi|wi fi|internet|fibre|fibra|connexion|ordinateurs?|computer', 'EQUIPMENT', 'INTERNET_ACCESS', 11),
    ('incubat\w*|incubazione|pepiniere|creation d entreprise|start ?up', 'SERVICE', 'INCUBATION', 12),
    ('accompagnement (d entreprises|de projets|a la creation)', 'SERVICE', 'INCUBATION', 12),
    ('formations?|formazione|ateliers?|laboratori|cours|corsi', 'SERVICE', 'TRAINING', 13),
    ('cuisine|cucina|foodlab', 'SERVICE', 'SHARED_KITCHEN', 14),
    ('cafe|caffe|bar|restauration|ristorazione|cantine|buvette', 'SERVICE', 'CAFE_CATERING', 15),
    ('jardins?|orto|orti|potager', 'SERVICE', 'GARDEN', 16),
    ('culture|culturel\w*|cultural\w*|expositions?|mostre|concerts?|concerti|spectacles?', 'SERVICE', 'CULTURE', 17),
    ('residences? d artistes|bibliotheque|biblioteca', 'SERVICE', 'CULTURE', 17),
    ('hebergement|alloggio|gite|foresteria', 'SERVICE', 'LODGING', 18),
    ('creche|garde d enfants|asilo|baby', 'SERVICE', 'CHILDCARE', 19),
    ('epicerie|vente de produits|produits locaux|prodotti locali|bottega|emporio|marche', 'SERVICE', 'LOCAL_SHOP', 20)
) as mapping (pattern, kind_code, type_code, rank)
