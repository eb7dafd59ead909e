"""A class that is invented, graded from beginning to end in ./demo."""
