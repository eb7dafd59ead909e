"""All that is private about this assignment: it never reaches a student.

    reference.py   every answer once more, marked with what it returns
    checks/        the hidden checks, one file a question
    mistakes/      wrong answers by name, each with a sentence for the student

`Settings` has more to set, all of it with a default that will do here.
"""

from autograder.assignment import Settings

SETTINGS = Settings()
