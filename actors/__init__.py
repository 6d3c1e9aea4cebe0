"""The Trio shells around :mod:`neo`: they receive, ask, and perform the effects."""
