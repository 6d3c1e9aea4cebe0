"""What is watched while a session runs, and when that is a cause to pull quotes or to end."""
