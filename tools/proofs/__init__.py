"""The development's own proofs: drills, recorded ledgers, the audit of the settings."""
