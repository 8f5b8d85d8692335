"""Alembic migrations of ``ops`` and ``raw``, run as the owner role by ``warehouse.migrate``."""
