"""Recordings on the command line: looked at, verified, put together from ledgers, made."""
