"""Runs in SQL: a Run to rows once, a typed query to bound SQL, on SQLite and on PostgreSQL."""

from joinery.store.store import SqlStore

__all__ = ["SqlStore"]
