-- Flows of all sources in one shape, as their sources state them.
select *
from {{ ref('int_actif__flow') }}
union all
select *
from {{ ref('int_elenco_sottoprodotti__flow') }}
