"""One folder an assignment: all that is private about it. A course's own are found here too."""
