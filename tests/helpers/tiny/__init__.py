"""Three questions: an array, a text and a class."""

from autograder.assignment import Settings

SETTINGS = Settings(warm=("decimal",), limits={"check_cpu": 1, "check_wall": 4})
