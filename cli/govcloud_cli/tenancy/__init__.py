"""What departments and those who decide do with their own credentials: ask, decide, order, look. Words for people."""
