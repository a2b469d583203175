"""Where backups of services are kept: a store out of departments' reach, a bucket and two accounts an instance."""
