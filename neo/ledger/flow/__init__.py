"""The payment engine: how value flows from a source, through a book and a pool, to a destination."""
