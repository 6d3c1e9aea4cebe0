"""The desk: what becomes of a ledger, of a verdict and of an answer, and every order's life."""
