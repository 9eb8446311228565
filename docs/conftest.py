"""Doctests are collected from the pages, not from the configuration of Sphinx, which needs Sphinx."""

collect_ignore = ["conf.py", "notebooks", "_build"]
