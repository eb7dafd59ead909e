"""This course: its name, and nbgrader set up as `autograder.settings` explains."""

from autograder.settings import configure

c = get_config()  # noqa: F821 - traitlets defines it
configure(c)

# The exchange files this course's assignments under this name.
c.CourseDirectory.course_id = "deep-learning"
