"""What the ledger's JSON means: the pair, fills and trades from metadata, amounts and time."""
