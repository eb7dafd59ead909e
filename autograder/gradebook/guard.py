"""What stands before nbgrader where it looks into submitted folders.

nbgrader's converters follow links, open whatever is called `timestamp.txt`, and copy what they
find. None of its hooks runs before that; the exporter does, as it is made before the first folder
is looked into. It gives its converter this view of the course, which leaves nothing to copy (we
do, see `autograded.write_beside`) and reads dates through our reader.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from autograder.gradebook.received import received
from autograder.submission.folders import why_not
from autograder.submission.intake import shown
from autograder.submission.reader import holds_more_than

MAX_ENTRIES = 10_000
"""nbgrader goes through each folder of a submission in time that grows with its square."""
OWN = frozenset({"parent", "config", "log", "ignore"})
"""Traits that belong to one object, and the one that is changed."""


class GuardedDirectory(CourseDirectory):  # type: ignore[misc]
    """A course's folders as a converter of submissions may see them."""

    def get_existing_timestamp(self, dest_path: str) -> datetime.datetime | None:
        """Read the date of a submission, if it can be believed."""
        found = received(Path(dest_path))
        if found.problem:
            self.log.warning("%s: %s", shown(dest_path), found.problem)
        return found.time


def stand_before(converter: Any) -> None:
    """Guard a converter, before it converts, and take out of its list what cannot be graded.

    Args:
        converter: nbgrader's `Autograde`, its submissions found and none looked into.
    """
    seen = converter.coursedir
    traits = {name: getattr(seen, name) for name in seen.trait_names() if name not in OWN}
    converter.coursedir = GuardedDirectory(
        parent=seen.parent, config=seen.config, ignore=["*", ".*"], **traits
    )
    for name in list(converter.assignments):
        folder = Path(name)
        why = why_not(folder)
        if not why and holds_more_than(folder, MAX_ENTRIES):
            why = f"holds more than {MAX_ENTRIES:,} files; grade it with 'autograder grade'."
        if why:
            converter.log.error("%s: %s", shown(folder), why)
            del converter.assignments[name]
