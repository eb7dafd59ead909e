"""Files that `autograder pack` puts beside a course; what stands between @ is filled in."""
