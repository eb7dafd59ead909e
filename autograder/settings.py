"""How nbgrader works in a course of this kit. Every setting says why it is there.

A course's `nbgrader_config.py` calls `configure(c)`, and may change single settings after it.
Read by `nbgrader`, by formgrader and by `autograder`; nothing of nbgrader is patched.
"""

from __future__ import annotations

from typing import Any

from nbgrader import preprocessors as nbgrader

from autograder.gradebook import autograde
from autograder.outputs import export, feedback, markup, served
from autograder.release import cells


def configure(c: Any) -> None:
    """Set up nbgrader's converters, exporters and export.

    Args:
        c: what `get_config()` gives in a configuration file.
    """
    # Solved notebooks stand in solutions/, beside source/ and release/.
    c.CourseDirectory.solution_directory = "solutions"
    # What editors and Python leave behind must not travel from folder to folder.
    c.CourseDirectory.ignore = [".*", "__pycache__", "*.pyc", "feedback"]

    # nbgrader's own list without headers and AUTOTEST, which no notebook here uses, plus four
    # steps of ours. The order matters: cells enter the gradebook before hidden tests go, and
    # leaks are looked for last, in what would be handed out.
    c.GenerateAssignment.preprocessors = [
        nbgrader.LockCells,
        cells.StubAnswers,
        nbgrader.ClearOutput,
        cells.CleanMetadata,
        nbgrader.CheckCellMetadata,
        nbgrader.ComputeChecksums,
        nbgrader.SaveCells,
        nbgrader.ClearHiddenTests,
        nbgrader.ClearMarkScheme,
        nbgrader.ComputeChecksums,
        nbgrader.CheckCellMetadata,
        cells.ShipData,
        cells.RefuseLeaks,
    ]

    # Solutions are run, and their metadata is cleaned after the run has written to it.
    c.GenerateSolution.preprocessors = [
        nbgrader.LockCells,
        nbgrader.ClearOutput,
        nbgrader.ClearMarkScheme,
        nbgrader.Execute,
        cells.CleanMetadata,
    ]
    # The longest experiment takes a minute, on a slow machine several; the default is 30 s.
    c.Execute.timeout = 900
    # The kernel's remarks about its own connection are nothing an instructor can act on.
    c.Execute.extra_arguments = ["--IPKernelApp.log_level=40"]

    # Submissions are graded by autograder's engine, in its sandbox: no student code runs in a
    # kernel of nbgrader's, and no score is read from an output. The exporter restores the
    # student's cells in the release's frame, so nbgrader's own sanitizing has nothing to do.
    c.Autograde.exporter_class = autograde.GradingExporter
    c.Autograde.sanitize_preprocessors = [nbgrader.CheckCellMetadata]
    c.Autograde.autograde_preprocessors = [
        autograde.SaveGrades,
        nbgrader.AssignLatePenalties,
        nbgrader.CheckCellMetadata,
    ]
    # A missing or renamed notebook costs its own questions, not the whole submission.
    c.Autograde.pre_convert_hook = autograde.expect_every_notebook

    # Feedback says per check what is wrong and what to look at.
    c.GenerateFeedback.exporter_class = feedback.FeedbackExporter
    c.GenerateFeedback.preprocessors = [feedback.CollectResults]
    # What a student's notebook shows must not run scripts in a grader's browser.
    c.HTMLExporter.sanitize_html = True
    c.HTMLExporter.filters = {
        "clean_html": markup.clean_markup,
        "strip_files_prefix": markup.clean_markdown,
    }

    # nbgrader's exporter prints 0 for a grade that is withheld, and joins CSV by hand.
    c.ExportApp.plugin_class = export.GradesCsv

    # Read by formgrader, this runs in the server that shows students' files to a grader.
    served.protect_running_server()
