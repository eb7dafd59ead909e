"""The demonstration's class."""
