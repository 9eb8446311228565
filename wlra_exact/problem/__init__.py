"""The instance, how it is read, and the exact reductions that keep its optimum."""
