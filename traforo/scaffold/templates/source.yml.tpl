id: $source
title: {fr: "$title", it: "$title", en: "$title"}
description:
  fr: "À décrire : ce que la source contient, qui la tient, à quelle fréquence elle change."
  it: "Da descrivere: che cosa contiene la fonte, chi la gestisce, con quale frequenza cambia."
  en: "To be described: what the source holds, who keeps it, how often it changes."
publisher: $title
country: $country
language: $language
licence:
  # Nothing leaves the platform until the terms have been read and written down here.
  name: Not yet known
  attribution: $title
  redistributable: false
cadence: "30 4 * * *"
stale_after_hours: $stale_after_hours
# Where the service lives; a deployment may set both.
base_url: null
hosts: []
streams:
  - name: $stream
    title: {fr: "$title", it: "$title", en: "$title"}
    contract: schemas.sources.$source:$record
    complete: true
    personal_data: [contact]
    assertions:
      min_records: 1
      max_reject_ratio: 0.1
      fill:
        name: 0.9   # a listing whose records have lost their names has changed its format
    # What a change of columns or codes leads to: see Drift in connectors/core/source.py.
    drift: {unknown_column: reject, new_code: reject, missing_column: abort}
options:
  path: api/records
  page_param: page
  items_key: items
  total_key: total
