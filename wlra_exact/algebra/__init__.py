"""Exact arithmetic that knows nothing of low rank."""
