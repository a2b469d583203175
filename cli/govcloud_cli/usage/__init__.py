"""What the shared cloud is used for: views for a terminal and for paper."""
