"""Runs migrations on the connection, and in the transaction, of `pipeline.database`."""

from alembic import context

from pipeline import (  # noqa: F401 - their tables belong to Base.
    api_tables,
    service_tables,
    upload_tables,
    watch_tables,
)
from pipeline.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    # SQLite can take back table definitions, though Alembic does not count on it.
    transactional_ddl=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
