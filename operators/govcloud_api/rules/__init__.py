"""The rules that a request must pass. The operator judges by them, and people's tools forecast by the very same."""
