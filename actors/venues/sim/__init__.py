"""The ``sim`` venue: the embedded network with its crowd, running as a process's own."""
