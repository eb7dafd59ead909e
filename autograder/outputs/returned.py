"""Feedback pages on their way back to a learning platform, in the layout that it takes in."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from autograder.course.course import Course
from autograder.outputs.pages import PICTURES
from autograder.submission.layouts import Sender


def pack_for_moodle(
    course: Course, assignment: str, senders: Mapping[str, Sender], target: Path
) -> tuple[list[str], dict[str, str]]:
    """Write the zip that Moodle's *Upload multiple feedback files in a zip* reads.

    Moodle finds the student by the folder's name, which is that of their submission.

    Args:
        course: the course, whose pages are up to date.
        assignment: the assignment's name.
        senders: by student, what the platform called them when their submission was collected.
        target: the file to write.

    Returns:
        Who is in it, and by student why somebody is not.
    """
    packed: list[str] = []
    left_out: dict[str, str] = {}
    fresh = target.with_name(f".{target.name}.new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((course.root / "feedback").glob(f"*/{assignment}")):
            student = path.parent.name
            sender = senders.get(student)
            if sender is None or sender.platform != "moodle":
                left_out[student] = "was not collected from Moodle"
                continue
            folder = f"{sender.name}_{sender.number}_assignsubmission_file_"
            for file in sorted(path.rglob("*")):
                if file.is_file() and (file.suffix == ".html" or file.suffix.lower() in PICTURES):
                    archive.write(file, f"{folder}/{file.relative_to(path)}")
            packed.append(student)
    fresh.replace(target)
    return packed, left_out
