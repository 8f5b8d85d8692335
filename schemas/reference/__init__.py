"""Reference data: the builder behind ``dbt_project/seeds/reference``.

What a public package ships is read from it; what no package ships stands as a reviewed list under
``lists/``. ``python -m schemas.reference.build`` rebuilds every seed, checks it and writes it.
"""
