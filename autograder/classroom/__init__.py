"""Many submissions: workers, one writer, and a ledger that survives a kill."""
