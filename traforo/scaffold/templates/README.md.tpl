# $title

What the source is, who keeps it, where it is documented (with the day it was looked up).

## What is known and what is inferred

| field | known from | inferred |
|---|---|---|
| `id` | | |

## Handled

- Pages of JSON, reconciled with the declared total.

## Refused by name

- `total_mismatch`, `pagination_loop`, `empty_page`: a listing that is not complete.
- `extra_forbidden`: a column that the contract does not know.

## Not covered

- Deletions that the source marks instead of leaving out.

## Licence and personal data

Licence: not yet known, so nothing is published. Personal data: `contact` may name a person.
