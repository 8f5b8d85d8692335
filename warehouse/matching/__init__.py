"""Matching of texts, places and entities: pure functions over rows, and one step that keeps their results in tables.

``texts`` cleans, ``concepts`` assigns materials, ``places`` finds communes, ``identity`` and ``third_places`` decide
which records speak of the same thing, ``routes`` measures the way through the passes. ``run`` reads what the first
part of a dbt build left, and writes the result tables that the second part reads.
"""
