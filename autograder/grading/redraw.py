"""A student's own pictures, drawn anew in the sandbox, for the people who grade what was written.

Pictures are opened where a flaw of the library that opens them harms nobody but their owner: in the
submission's process, before any code of the student's has run there.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from autograder.course.questions import Question
from autograder.grading.graded import Picture, Pictures
from autograder.sandbox.errors import StudentError
from autograder.sandbox.outputs import IMAGES
from autograder.sandbox.session import Session
from autograder.submission.intake import Submission
from autograder.submission.pictures import MIMES, beside, opened

MOST_PICTURES, MOST_BYTES = 24, 8_000_000
"""Of a submission, that are opened."""
KINDS = {mime.removeprefix("image/").upper(): mime for mime in MIMES}


def pictures_beside(
    session: Session, submission: Submission, questions: Sequence[Question]
) -> Pictures:
    """The pictures that belong beside the answers that a person reads.

    One that cannot be opened, or has too many pixels, is left out.

    Args:
        session: of one of the submission's notebooks; no cell has run in it.
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
    places: list[tuple[str, str]] = []
    files: list[bytes] = []
    room = MOST_BYTES
    for place in dict.fromkeys(place for places in wanted.values() for place in places):
        for text in submission.pictures[place[0]][place[1]]:
            raw = opened(text) if len(files) < MOST_PICTURES else None
            if raw is not None and len(raw) <= room:
                places.append(place)
                files.append(raw)
                room -= len(raw)
    drawn = _drawn(session, files)
    shown = [(*place, picture) for place, picture in zip(places, drawn, strict=True) if picture]
    kept = tuple(Picture(cell, *picture) for _, cell, picture in shown)
    at = {
        question: tuple(n for n, (name, cell, _) in enumerate(shown) if (name, cell) in own)
        for question, own in wanted.items()
    }
    return Pictures(kept, at)


def _drawn(session: Session, files: Sequence[bytes]) -> list[tuple[str, str] | None]:
    """Kind and data, in base64, of what came of each file; nothing if the process breaks down."""
    nothing: list[tuple[str, str] | None] = [None] * len(files)
    if not files:
        return nothing
    try:
        reply = session.draw(files)
    except StudentError:
        return nothing
    if type(reply) is not list or len(reply) != len(files):
        return nothing
    found: list[tuple[str, str] | None] = []
    room = MOST_BYTES
    for told in reply:
        picture = _picture(told, room)
        room -= len(picture[1]) if picture is not None else 0
        found.append(picture)
    return found


def _picture(told: Any, room: int) -> tuple[str, str] | None:
    """One answer of a process in which a hostile picture may have taken over."""
    match told:
        case (str() as kind, bytes() as data) if kind in KINDS and len(data) <= 3 * room // 4:
            if data.startswith(IMAGES[KINDS[kind]]):
                return KINDS[kind], base64.b64encode(data).decode()
    return None
