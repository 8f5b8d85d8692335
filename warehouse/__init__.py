"""PostgreSQL: embedded server, roles, migrations, load (COPY), releases."""
