"""The same reading of the same API server by several clients; each module but `measuring` is a program of its own."""
