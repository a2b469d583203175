"""History that is old enough goes, so that a department's home cannot fill up with it."""
