"""Ingress: what environments publish, checked and copied to where the ingress controller reads."""
