"""The named mistakes."""
