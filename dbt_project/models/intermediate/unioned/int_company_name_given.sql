-- Every distinct name of an organisation, with the country that its legal form is looked up in.
select distinct
    name,
    coalesce(country_code, 'ZZ') as country_code
from {{ ref('int_organisation_mention') }}
