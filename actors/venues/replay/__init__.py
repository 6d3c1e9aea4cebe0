"""The ``replay`` venue: a recorded market played once more, with our orders in it."""
