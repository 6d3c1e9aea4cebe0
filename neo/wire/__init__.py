"""The server's API, version 2, as values: what is asked, what is answered, what a stream tells."""
