"""The reference price of XRP outside the ledger: recorded minutes, and a seeded path through them."""
