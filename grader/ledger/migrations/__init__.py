"""Alembic's migrations of the ledger, run by `grader.ledger.migrate`."""
