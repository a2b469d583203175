"""Bucket: objects over S3's API, kept as files on a volume. The engine is versitygw."""
