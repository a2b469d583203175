"""PolicyExemption: asked by a department, decided by the platform, over when its time is."""
