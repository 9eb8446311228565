"""``python -m wlra_exact`` is the command ``wlra-exact``."""

from __future__ import annotations

from wlra_exact.cli import main

if __name__ == "__main__":
    main(prog_name="wlra-exact")
