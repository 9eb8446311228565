"""Certified weighted low-rank approximation: exact brackets on the global optimum, with checkable certificates."""

__version__ = "0.1.0"
