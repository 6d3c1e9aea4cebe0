"""The pair as the real ledger has it: an embedded ledger kept level with validated metadata, audited by fresh reads."""
