"""The ``paper`` venue: real books and trades as servers tell them, our orders in a fork of them only."""
