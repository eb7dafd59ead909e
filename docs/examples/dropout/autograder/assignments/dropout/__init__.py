"""Dropout: what is private about the assignment. The defaults of the engine's settings will do."""
