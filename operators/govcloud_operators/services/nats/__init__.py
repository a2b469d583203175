"""NATS with JetStream: messages and streams. Logins are signed; a server is told only of those that ended."""
