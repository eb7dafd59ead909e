"""Named mistakes: `autograder verify` proves that the checks catch each of them."""
