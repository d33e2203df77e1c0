"""What Alembic runs: every migration over the connection that `migrate` gives."""

from alembic import context

from grader.ledger import people, work  # noqa: F401 - their tables become known
from grader.ledger.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    user_module_prefix="",
)
with context.begin_transaction():
    context.run_migrations()
