"""Testing bounds and heuristics against certified truth: families of instances and the benchmark library."""
