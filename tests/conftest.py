"""What holds for every test."""

from __future__ import annotations

import os

# Hundreds of processes are started here. Where the surroundings forbid compiled files (containers do), each of them
# would compile all that it imports, which takes longer than most of the sessions.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
