"""How nbgrader works in this course. Every setting says why it is there.

Read by `nbgrader`, by formgrader and by `autograder`; nothing of nbgrader is patched.
"""

from nbgrader import preprocessors as nbgrader

from autograder import release_cells

c = get_config()  # noqa: F821 - traitlets defines it

# The exchange files this course's assignments under this name.
c.CourseDirectory.course_id = "deep-learning"
# Solved notebooks stand in solutions/, beside source/ and release/.
c.CourseDirectory.solution_directory = "solutions"
# What running a notebook leaves behind must not travel from folder to folder.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.pyc", "feedback", "results"]

# nbgrader's own list without headers and AUTOTEST, which no notebook here uses, plus four
# steps of ours. The order matters: cells enter the gradebook before hidden tests go, and
# leaks are looked for last, in what would be handed out.
c.GenerateAssignment.preprocessors = [
    nbgrader.LockCells,
    release_cells.StubAnswers,
    nbgrader.ClearOutput,
    release_cells.CleanMetadata,
    nbgrader.CheckCellMetadata,
    nbgrader.ComputeChecksums,
    nbgrader.SaveCells,
    nbgrader.ClearHiddenTests,
    nbgrader.ClearMarkScheme,
    nbgrader.ComputeChecksums,
    nbgrader.CheckCellMetadata,
    release_cells.ShipData,
    release_cells.RefuseLeaks,
]
# Students work offline; the licence asks to travel with the data.
c.ShipData.files = ["datasets/fashion_mnist.npz", "datasets/LICENSE.fashion-mnist"]

# Solutions are run, and their metadata is cleaned after the run has written to it.
c.GenerateSolution.preprocessors = [
    nbgrader.LockCells,
    nbgrader.ClearOutput,
    nbgrader.ClearMarkScheme,
    nbgrader.Execute,
    release_cells.CleanMetadata,
]
# The longest experiment takes a minute, on a slow machine several; the default is 30 s.
c.Execute.timeout = 900
# The kernel's remarks about its own connection are nothing an instructor can act on.
c.Execute.extra_arguments = ["--IPKernelApp.log_level=40"]
