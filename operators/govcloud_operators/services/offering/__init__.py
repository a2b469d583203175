"""ServiceOffering: who uses an entry of the catalogue."""
