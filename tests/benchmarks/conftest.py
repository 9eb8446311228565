"""Programs that are run by make targets: pytest has nothing to collect here."""

collect_ignore_glob = ["*.py"]
