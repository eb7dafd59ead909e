"""What `autograder verify` proves of an assignment's hidden checks, and how it finds that out."""
