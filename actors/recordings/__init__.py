"""Recordings as files: written so that a kill loses at most the ledger in hand, read a line at a time."""
