"""The paper's polynomial systems and its quantitative theory, executable."""
