"""Environment: namespace, quota, proven isolation, access, expiry, return."""
