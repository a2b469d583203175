"""Valkey: values and queues in memory, kept on a volume. The engine is Redis 7.0 of Debian, which speaks the same."""
