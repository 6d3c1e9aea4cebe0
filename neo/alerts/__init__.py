"""Who is woken, and when: what of a session is worth telling, how often, and in which form each channel takes it."""
