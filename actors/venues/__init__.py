"""Where NEO trades: the port that a venue must honour, and the venues, a folder each."""
