"""What each kind of transaction checks and does."""
