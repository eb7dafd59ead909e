"""One submission becomes a grade."""
