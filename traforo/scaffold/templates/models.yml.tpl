version: 2

models:
  - name: stg_${source}__$stream
    description: One record, typed, in the source's own words. Deleted records are left out.
    columns:
      - name: record_key
        description: Key of the record in its stream.
        data_tests:
          - unique: {config: {severity: error, meta: {owner: data-engineering}}}
          - not_null: {config: {severity: error, meta: {owner: data-engineering}}}
