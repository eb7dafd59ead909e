"""The hidden checks of the tiny assignment."""
