{{ config(
    materialized='incremental', indexes=[{'columns': ['street_given'], 'unique': true}],
    pre_hook="{{ forget_gone(ref('int_street_given'), ['street_given']) }}"
) }}

-- Each distinct street line once, with its key: abbreviations opened, words in order.
select
    given.street_given,
    coalesce({{ street_key('given.street_given') }}, '') as street_key
from {{ ref('int_street_given') }} as given
where {{ is_not_kept('given', ['street_given']) }}
