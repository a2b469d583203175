"""The bill of materials: everything that somebody else wrote and that is in the bundle, with version and licence."""
