"""One session: its plan, its start and recovery, its course, and the way down."""
