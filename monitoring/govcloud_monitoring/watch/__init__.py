"""Keeps small values of objects true by list and watch: raw bytes in, a store of what is needed out."""
