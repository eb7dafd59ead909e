"""Collecting: what a platform handed over becomes `submitted/<student>/<assignment>`.

First a plan, which writes nothing: who gets which files, what is nobody's, what is left out. Then,
if that is agreed to, each student's folder is written beside its place and moved there as a whole.
What lay there before is kept in `.autograder/earlier/`.
"""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from autograder.course.course import Course, notebook_paths
from autograder.course.people import Roster, moment
from autograder.submission.arrivals import MAX_FILE_BYTES, Arrived, Source, inside
from autograder.submission.folders import TIMESTAMP_FILE
from autograder.submission.intake import MAX_EXTRA_FILES, shown
from autograder.submission.layouts import Sender, Sent, proper_name, sorted_out, whose
from autograder.submission.reader import holds_more_than, read_file, walk
from autograder.submission.senders import remember

MAX_STUDENT_FILES = 50 * MAX_EXTRA_FILES
MAX_STUDENT_BYTES = MAX_FILE_BYTES
State = Literal["new", "same", "another", "in the way"]
"""What is there already: nothing, the same files, others, or what we do not touch."""


class Collected(msgspec.Struct):
    """One student's submission, as it would be written."""

    student: str
    sender: Sender
    files: dict[str, Arrived] = {}
    """By path in the submission."""
    at: datetime.datetime | None = None
    """When it came, in UTC, if the platform says so."""
    late: bool = False
    """Whether the platform says late."""
    state: State = "new"
    notes: list[str] = []


class Plan(msgspec.Struct):
    """What collecting would do."""

    assignment: str
    submissions: list[Collected] = []
    unmatched: dict[str, str] = {}
    """By what something is called, why it is nobody's."""
    left_out: list[str] = []
    """Sentences about files that are not taken."""


def plan(
    course: Course, assignment: str, source: Source, roster: Roster, *, new: bool, timezone: str
) -> Plan:
    """Say what collecting would do; nothing is written.

    Args:
        course: the course.
        assignment: whose release says what the notebooks are called.
        source: what came.
        roster: the people of the course.
        new: whether people who are in no roster become students.
        timezone: of dates that name none.
    """
    made = Plan(assignment)
    notebooks = {path.stem for path in notebook_paths(course.release(assignment))}
    senders: dict[Sender, list[Sent]] = {}
    for sent in sorted_out(source, assignment, notebooks, roster):
        senders.setdefault(sent.sender, []).append(sent)
    for sender, group in senders.items():
        person = whose(sender, roster, new=new)
        if isinstance(person, str):
            made.unmatched[shown(group[0].file.parts[0])] = person
        elif not _is_a_name(person.id):
            made.unmatched[shown(group[0].file.parts[0])] = "would be no name of a folder."
        else:
            told = sender.at or person.handed_in
            at = moment(told, timezone)
            own = Collected(person.id, sender, at=at, late=any(sent.late for sent in group))
            if at is None and any(character.isdigit() for character in told):
                own.notes.append(f"the date '{shown(told)}' cannot be read")
            _take(own, group, notebooks, made.left_out)
            made.submissions.append(own)
    _settle_collisions(made)
    for own in made.submissions:
        own.state = _state(course, assignment, own)
    made.submissions.sort(key=lambda own: own.student)
    return made


def carry_out(course: Course, made: Plan, *, update: bool) -> list[str]:
    """Write what was planned; returns the students whose folder was written.

    Args:
        course: the course.
        made: the plan.
        update: whether another submission that is there is put aside for the new one.
    """
    written: list[str] = []
    submitted = course.root / "submitted"
    submitted.mkdir(exist_ok=True)
    for own in made.submissions:
        if not will_write(own, update=update):
            continue
        fresh = submitted / f".collecting-{own.student}"
        shutil.rmtree(fresh, ignore_errors=True)
        if not _write(own, fresh, made.left_out):
            made.left_out.append(f"Nothing of {own.student} is written: a notebook is not read.")
            shutil.rmtree(fresh, ignore_errors=True)
            continue
        place = submitted / own.student / made.assignment
        place.parent.mkdir(exist_ok=True)
        if own.state == "another":
            _put_aside(course, place)
        fresh.rename(place)
        written.append(own.student)
    remember(course, made.assignment, {own.student: own.sender for own in made.submissions})
    return written


def will_write(own: Collected, *, update: bool) -> bool:
    """Whether a student's folder would be written."""
    return bool(own.files) and (own.state == "new" or (own.state == "another" and update))


def _take(
    own: Collected, group: Sequence[Sent], notebooks: Collection[str], left_out: list[str]
) -> None:
    """Name a student's files as they will lie there."""
    files = list(_unpacked(group, left_out))
    taken: dict[str, str] = {}
    by_hand = own.sender.platform in ("folder", "exchange")  # where it is known as their word
    for rest, file in files:
        path = "/".join(rest)
        proper = "/".join((*rest[:-1], proper_name(rest[-1], notebooks)))
        if proper != path and sum(proper == _proper(r, notebooks) for r, _ in files) > 1:
            proper = path  # two versions came: a person sees both under their own names
            own.notes.append(f"{rest[-1]} came beside another version")
        if file.refused:
            left_out.append(f"{file.path} {file.refused}; it is left out.")
        elif rest[0] == TIMESTAMP_FILE and not (by_hand and proper == TIMESTAMP_FILE):
            left_out.append(f"{file.path} would be the date of the submission; it is left out.")
        elif other := taken.get(proper.casefold()):
            also = "is there twice" if other == proper else f"differs from {other} in case only"
            left_out.append(f"{file.path} {also}; the first one counts.")
        elif len(own.files) >= MAX_STUDENT_FILES:
            left_out.append(f"{own.student} handed in too many files; {file.path} is left out.")
        else:
            taken[proper.casefold()] = proper
            own.files[proper] = file
    if not any(path.endswith(".ipynb") for path in own.files):
        own.notes.append("no notebook")


def _proper(rest: tuple[str, ...], notebooks: Collection[str]) -> str:
    return "/".join((*rest[:-1], proper_name(rest[-1], notebooks)))


def _unpacked(
    group: Iterable[Sent], left_out: list[str]
) -> Iterable[tuple[tuple[str, ...], Arrived]]:
    """The files of a student; what is in a zip of theirs lies where the zip lay."""
    for sent in group:
        if not sent.rest[-1].lower().endswith(".zip") or sent.file.refused:
            yield sent.rest, sent.file
            continue
        try:
            files = inside(sent.file)
        except OSError as error:
            left_out.append(f"{sent.file.path} {error}; it is left out.")
            continue
        tops = {file.parts[0] for file in files}
        skip = int(len(tops) == 1 and all(len(file.parts) > 1 for file in files))
        for file in files:
            called = (*sent.file.parts, *file.parts)
            named = msgspec.structs.replace(file, parts=called)
            yield (*sent.rest[:-1], *file.parts[skip:]), named


def _settle_collisions(made: Plan) -> None:
    """Two senders are not one student, and two students' names differ in more than case."""
    by_name: dict[str, list[Collected]] = {}
    gone: list[Collected] = []
    for own in made.submissions:
        by_name.setdefault(own.student.casefold(), []).append(own)
    for several in by_name.values():
        latest = [own for own in several if own.sender.platform == "exchange" and own.at]
        if len({own.student for own in several}) == 1 and len(latest) == len(several) > 1:
            latest.sort(key=lambda own: own.at or datetime.datetime.min)
            gone += latest[:-1]
        elif len(several) > 1:
            names = " and ".join(shown(own.sender.name) for own in several)
            gone += several
            for own in several:
                called = f"{shown(own.sender.name)} {own.sender.number}".strip()
                made.unmatched[called] = (
                    f"would be {own.student}, as others too ({names}); say who is who in a roster."
                )
    left = {id(own) for own in gone}
    made.submissions = [own for own in made.submissions if id(own) not in left]


def _state(course: Course, assignment: str, own: Collected) -> State:
    student = course.root / "submitted" / own.student
    place = student / assignment
    if any(path.is_symlink() or path.is_file() for path in (student, place)):
        return "in the way"
    if not place.is_dir():
        return "new"
    there = {str(file.path) for file in walk(place)} - {TIMESTAMP_FILE}
    others = there ^ (own.files.keys() - {TIMESTAMP_FILE})
    if others or holds_more_than(place, 2 * MAX_STUDENT_FILES):
        return "another"
    same = all(_reads_the_same(place, path, own.files[path]) for path in there)
    return "same" if same else "another"


def _reads_the_same(place: Path, path: str, file: Arrived) -> bool:
    try:
        return read_file(place, path, MAX_FILE_BYTES) == file.read(MAX_FILE_BYTES)
    except OSError:
        return False


def _write(own: Collected, folder: Path, left_out: list[str]) -> bool:
    """Write a student's files; what cannot be read is named. Returns whether all notebooks are."""
    folder.mkdir()
    whole, room = True, MAX_STUDENT_BYTES
    for path, file in own.files.items():
        try:
            content = file.read(min(MAX_FILE_BYTES, room))
        except OSError as error:
            left_out.append(f"{own.student}'s {shown(path)} {error}; it is left out.")
            whole = whole and not path.endswith(".ipynb")
            continue
        room -= len(content)
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as opened:
                opened.write(content)
        except (FileExistsError, NotADirectoryError):
            left_out.append(
                f"{own.student}'s {shown(path)} is a file and a folder; it is left out."
            )
    if own.at is not None:
        (folder / TIMESTAMP_FILE).write_text(f"{own.at:%Y-%m-%d %H:%M:%S} UTC\n")
    return whole


def _put_aside(course: Course, place: Path) -> None:
    now = datetime.datetime.now(datetime.UTC)
    kept = course.root / ".autograder" / "earlier" / place.parent.name
    kept.mkdir(parents=True, exist_ok=True)
    place.rename(kept / f"{place.name}-{now:%Y%m%dT%H%M%S%f}")


def _is_a_name(student: str) -> bool:
    """Whether nbgrader can have a student of that id, and a folder that name."""
    return (
        bool(student)
        and not student.startswith(".")
        and student == shown(student)
        and not set(student) & set("/\\+")
        and len(student.encode()) <= 100
    )
