"""What Prometheus knows of an hour: who held what, whose it was, and how much of it was measured."""
