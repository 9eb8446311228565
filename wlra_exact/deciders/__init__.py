"""Lower bounds with a proof: one file a rule family. Candidates come from ``numeric``, everything kept is exact."""
