"""What of a text may be shown: secrets hidden, control characters made visible."""
