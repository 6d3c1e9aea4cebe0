"""The embedded network: a node around the embedded ledger, with what it holds, what it answers and what it closes.

It knows no crowd and no clock: whoever runs it hands in the others' transactions and says when a ledger closes.
"""
