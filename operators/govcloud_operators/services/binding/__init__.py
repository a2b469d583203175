"""ServiceBinding: credentials that are issued, renewed and taken back."""
