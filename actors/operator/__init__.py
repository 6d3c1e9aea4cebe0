"""The operator's hand in a running session: the control channel, its protocol, the kill file."""
