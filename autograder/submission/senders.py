"""How platforms call the students, noted when submissions are collected.

Feedback and grades go back under that name: Moodle knows a student by the name of the folder in
its own archive.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from autograder.course.course import Course
from autograder.submission.layouts import Sender


def remembered(course: Course, assignment: str) -> dict[str, Sender]:
    """By student, how a platform called them when their submission was collected."""
    try:
        raw = _memory(course, assignment).read_bytes()
        return msgspec.json.decode(raw, type=dict[str, Sender])
    except (OSError, msgspec.DecodeError):
        return {}


def remember(course: Course, assignment: str, senders: Mapping[str, Sender]) -> None:
    """Note how a platform calls some students; what is known of others stays."""
    _write(_memory(course, assignment), remembered(course, assignment) | dict(senders))


def forget_sender(course: Course, assignment: str, student: str) -> None:
    """Forget how a platform called a student."""
    known = remembered(course, assignment)
    known.pop(student, None)
    _write(_memory(course, assignment), known)


def _write(path: Path, known: Mapping[str, Sender]) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = path.with_suffix(".new")
    text = json.dumps({name: msgspec.to_builtins(known[name]) for name in sorted(known)}, indent=1)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _memory(course: Course, assignment: str) -> Path:
    return course.root / ".autograder" / f"collected-{assignment}.json"
