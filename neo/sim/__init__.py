"""The world of the ``sim`` venue: an exact embedded ledger and the seeded crowd that trades on it."""
