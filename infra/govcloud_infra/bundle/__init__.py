"""The bundle: every binary and image of the cloud, built from pinned sources and kept by content hash."""
