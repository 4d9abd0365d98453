"""Alembic's folder: how one version's tables become the next's. Additive within a minor version."""
