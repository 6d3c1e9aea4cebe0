"""What every command stands on: its options, its output, its errors, its way to a session."""
