"""The XRP Ledger itself, through servers that others run."""
