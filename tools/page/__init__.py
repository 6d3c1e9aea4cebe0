"""The operator's page: what is shown at which address, rendered on the server, and the hand."""
