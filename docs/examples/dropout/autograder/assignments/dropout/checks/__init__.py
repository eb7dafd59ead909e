"""The hidden checks."""
