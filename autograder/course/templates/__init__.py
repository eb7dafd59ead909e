"""What `autograder init` and `autograder new` copy."""
