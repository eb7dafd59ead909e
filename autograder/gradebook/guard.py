"""What stands before nbgrader where it looks into submitted folders.

nbgrader's converters follow links, open whatever is called `timestamp.txt`, and copy what they
find. None of its hooks runs before that; the exporter does, as it is made before the first folder
is looked into. It gives its converter this view of the course, which leaves nothing to copy (we
do, see `autograded.write_beside`) and reads dates through our reader.
"""

from __future__ import annotations

import datetime
import glob
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from autograder.gradebook.received import received, set_aside
from autograder.submission.folders import why_not
from autograder.submission.intake import shown
from autograder.submission.reader import holds_more_than

MAX_ENTRIES = 10_000
"""nbgrader goes through each folder of a submission in time that grows with its square."""
OWN = frozenset({"parent", "config", "log"})
"""Traits that belong to one object."""


class GuardedDirectory(CourseDirectory):  # type: ignore[misc]
    """A course's folders as a converter of submissions may see them."""

    def get_existing_timestamp(self, dest_path: str) -> datetime.datetime | None:
        """Read the date of a submission, if it can be believed."""
        found = received(Path(dest_path))
        if found.problem:
            self.log.warning("%s: %s", shown(dest_path), found.problem)
        return found.time


class FormgraderDirectory(GuardedDirectory):
    """A course's folders as formgrader may see them: it opens each date as it lies."""

    def format_path(
        self, nbgrader_step: str, student_id: str, assignment_id: str, escape: bool = False
    ) -> str:
        """Name a folder; nothing called `timestamp.txt` is then in it that is no date."""
        path: str = super().format_path(nbgrader_step, student_id, assignment_id, escape)
        one = not escape and not {"*", "."} & {student_id, assignment_id}
        if one and nbgrader_step == self.submitted_directory:
            set_aside(Path(path))
        return path


def guarded(seen: Any, view: type[GuardedDirectory], **changed: Any) -> GuardedDirectory:
    """The same folders, seen in another way."""
    traits = {name: getattr(seen, name) for name in seen.trait_names() if name not in OWN}
    return view(parent=seen.parent, config=seen.config, **(traits | changed))


def copying_nothing(seen: Any) -> GuardedDirectory:
    """The same folders, of which a converter copies nothing by itself.

    nbgrader takes what stands before a pattern for one, too, so `*` ignores nothing in a folder
    of the name `x[1]`; the other patterns name the folders of all submissions.
    """
    steps = (seen.submitted_directory, seen.autograded_directory)
    folders = [str(Path(glob.escape(seen.root), step, "*", "*")) for step in steps]
    return guarded(seen, GuardedDirectory, ignore=["*", ".*", *folders])


def stand_before(converter: Any) -> None:
    """Guard a converter, before it converts, and take out of its list what cannot be graded.

    Args:
        converter: nbgrader's `Autograde`, its submissions found and none looked into.
    """
    converter.coursedir = copying_nothing(converter.coursedir)
    for name in list(converter.assignments):
        folder = Path(name)
        why = why_not(folder)
        if not why and holds_more_than(folder, MAX_ENTRIES):
            why = f"holds more than {MAX_ENTRIES:,} files; grade it with 'autograder grade'."
        if why:
            converter.log.error("%s: %s", shown(folder), why)
            del converter.assignments[name]
