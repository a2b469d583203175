"""ServiceInstance: from an order to a running service, and its way out."""
