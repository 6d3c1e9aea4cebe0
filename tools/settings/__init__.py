"""``neo config``: is a profile right, what does it come to, and is every key of it wired to something."""
