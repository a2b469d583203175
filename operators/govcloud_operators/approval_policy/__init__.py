"""ApprovalPolicy: decision rights as data."""
