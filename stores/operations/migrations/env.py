"""How alembic reaches the store: over the connection, and inside the transaction, that the caller gives it."""

from alembic import context

from stores.operations import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can undo table changes too when the transaction is begun by us, which it is.
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
