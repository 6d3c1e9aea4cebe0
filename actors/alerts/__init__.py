"""Alerts on their way out: each channel with a task of its own, in the lookout's thread."""
