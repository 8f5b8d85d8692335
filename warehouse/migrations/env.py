"""Alembic environment: the connection is handed over by ``warehouse.migrate``."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=None, version_table_schema="ops", transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
