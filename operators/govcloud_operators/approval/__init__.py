"""Approval: does a person's word count, and if not, why."""
