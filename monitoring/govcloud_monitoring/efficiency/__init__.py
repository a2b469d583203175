"""How well machines and departments use what they hold: what strands, could be freed, idles or is there twice."""
