"""Services in environments: what people order, what runs for it, and who may use it."""
