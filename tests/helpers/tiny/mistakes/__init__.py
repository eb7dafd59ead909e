"""Named wrong answers of the tiny assignment."""
