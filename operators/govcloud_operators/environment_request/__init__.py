"""EnvironmentRequest: rules, decision, and the Environment that comes out of it."""
