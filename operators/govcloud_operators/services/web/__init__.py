"""Web: a program of the environment's people, in their own image."""
