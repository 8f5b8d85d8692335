version: 2

sources:
  - name: $source
    description: $title.
    schema: raw
    config:
      meta: {owner: data-engineering}
    tables:
      - name: $stream
        identifier: ${source}__$stream
        description: One record as the source sends it.
        # A source that answers "unchanged" is fresh, although no row is loaded: the age counts from the
        # last good run of the stream.
        config:
          loaded_at_query: >-
            select max(last_good_at) from ops.source_state where source = '$source' and stream = '$stream'
          freshness:
            warn_after: {count: "{{ var('stale_after_hours')['$source'] }}", period: hour}
