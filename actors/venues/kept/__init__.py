"""What venues have in common whose ledger is embedded: it runs in this process, and outlives it in a file."""
