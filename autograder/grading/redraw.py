"""A student's own pictures, drawn anew in the sandbox, for the people who grade what was written.

Pictures are opened where a flaw of the library that opens them harms nobody, before any code of
a student's has run there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.course.questions import Question
from autograder.grading.graded import Picture, Pictures
from autograder.sandbox.channel import Budget
from autograder.sandbox.client import Sandbox
from autograder.sandbox.errors import SandboxBroken, StudentError
from autograder.sandbox.session import SourceCell
from autograder.submission.intake import Submission
from autograder.submission.pictures import MIMES, beside

SCRIPT = Path(__file__).parents[1] / "sandbox" / "inside" / "pictures.py"
MOST_PICTURES, MOST_BYTES = 24, 8_000_000
"""Of a submission, that are opened."""
WALL_SECONDS = 10.0


def pictures_beside(
    sandbox: Sandbox, submission: Submission, questions: Sequence[Question]
) -> Pictures:
    """The pictures that belong beside the answers that a person reads.

    One that cannot be opened, or has too many pixels, is left out.

    Args:
        sandbox: where they are opened.
        submission: what was handed in.
        questions: the assignment's.
    """
    wanted = {
        question: [(name, cell) for cell in cells]
        for name, notebook in submission.notebooks.items()
        for question, cells in beside(
            questions, notebook, submission.pictures.get(name, {})
        ).items()
    }
    files: dict[str, tuple[tuple[str, str], bytes]] = {}
    room = MOST_BYTES
    for place in dict.fromkeys(place for places in wanted.values() for place in places):
        for raw in submission.pictures[place[0]][place[1]]:
            if len(files) < MOST_PICTURES and len(raw) <= room:
                files[f"{len(files):03}"] = place, raw
                room -= len(raw)
    drawn = _drawn(sandbox, {file: raw for file, (_, raw) in files.items()})
    shown = {file: place for file, (place, _) in files.items() if file in drawn}
    kept = tuple(Picture(cell, *drawn[file]) for file, (_, cell) in shown.items())
    places = {
        question: tuple(at for at, place in enumerate(shown.values()) if place in own)
        for question, own in wanted.items()
    }
    return Pictures(kept, places)


def _drawn(sandbox: Sandbox, files: Mapping[str, bytes]) -> dict[str, tuple[str, str]]:
    """By name, kind and data of what came of each file; nothing if the process breaks down."""
    if not files:
        return {}
    given = {f"pictures/{name}": raw for name, raw in files.items()}
    try:
        with sandbox.session(given, Budget(WALL_SECONDS)) as session:
            (run,) = session.run([SourceCell("pictures", SCRIPT.read_text())], sure=True)
    except (StudentError, SandboxBroken):
        return {}
    found: dict[str, tuple[str, str]] = {}
    for output in run.outputs:
        data = output.get("data", {})
        mime = next((mime for mime in MIMES if mime in data), None)
        if mime is not None and data.get("text/plain") in files:
            found[data["text/plain"]] = mime, data[mime]
    return found
