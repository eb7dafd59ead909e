"""nbgrader's converters, run in a throw-away copy of the course."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from nbgrader.converters.base import NbGraderException
from traitlets.config import Config

from autograder.course.nbgrader_view import course_config, course_directory
from autograder.errors import UsageError


def convert(
    converter: type, workshop: Path, assignment: str, config: Config | None = None, **settings: Any
) -> None:
    """Run one of nbgrader's converters; say what it says when it refuses.

    Raises:
        UsageError: if it refuses.
    """

    class Converter(converter):  # type: ignore[misc]
        reason: Exception | None = None

        def convert_single_notebook(self, notebook_filename: str) -> None:
            try:
                super().convert_single_notebook(notebook_filename)
            except Exception as error:
                self.reason = error
                raise

    settings.setdefault("db_url", f"sqlite:///{workshop}/gradebook.db")
    courses = course_directory(workshop, assignment_id=assignment, **settings)
    merged = course_config(workshop)
    merged.merge(config or Config())
    silent = logging.Logger("release", level=logging.CRITICAL + 1)
    run = Converter(coursedir=courses, config=merged, log=silent)
    run.force = True
    try:
        run.start()
    except NbGraderException as error:
        reason = run.reason or error
        if isinstance(reason, UsageError):
            raise reason from None
        raise UsageError(f"nbgrader cannot convert source/{assignment}: {reason}") from reason
