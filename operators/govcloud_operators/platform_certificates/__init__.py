"""Certificates by which Prometheus and what it scrapes know each other: made, renewed and repaired by the operator."""
