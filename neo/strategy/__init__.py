"""Where to quote: an anchor to trust, a model's offsets around it, a band worth quoting in, and when to re-quote.

:class:`neo.strategy.quoter.Quoter` is the whole of it. Nothing is imported here: the profile's schema reads the list of
models from this package while it is itself being read by :mod:`neo.strategy.settings`.
"""
