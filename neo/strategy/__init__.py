"""Where to quote: an anchor to trust, a model's offsets around it, a band worth quoting in, and when to re-quote.

:class:`neo.strategy.quoter.Quoter` is the whole of it.
"""
