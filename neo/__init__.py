"""The engine's mind: pure, synchronous, deterministic.

Nothing here knows a clock, a socket, a file or a thread. State and a message come in, with the time of the ledger;
new state and a list of effects go out. Money is exact: XRP in drops (``int``), tokens in the ledger's own arithmetic.
"""
