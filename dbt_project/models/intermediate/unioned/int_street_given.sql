-- Every distinct street line of a mention that can have a site.
select distinct street_given
from {{ ref('int_organisation_mention') }}
where role = 'operator' and street_given is not null
