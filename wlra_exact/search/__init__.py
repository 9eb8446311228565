"""From an instance to a bracket with its certificate: which decider, when, and how the pieces are put together."""
