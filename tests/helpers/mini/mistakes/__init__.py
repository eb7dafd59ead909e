"""Named mistakes."""
