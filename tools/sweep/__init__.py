"""``neo sweep``: many sessions over settings, seeds and recorded prices, and what they say together."""
