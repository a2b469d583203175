"""ServiceTier: the priority of its pods, and who uses it."""
