"""One folder an assignment: all that is private about it."""
