"""Hidden checks, run in the trusted process only."""
