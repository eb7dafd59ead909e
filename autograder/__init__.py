"""Grade notebook assignments that student code can neither read nor forge."""
