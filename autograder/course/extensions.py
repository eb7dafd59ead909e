"""Who has more time, and who left the course: `extensions.csv` in the course's folder.

    student_id,assignment,extension,due,dropped,note
    ada,week1,2 d,,,ill
    ben,,,,yes,left in May

Where there is the file, it alone says so: a row that is taken out takes effect with the next run.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec
from dateutil import parser

from autograder.course.course import Course
from autograder.errors import UsageError

FILE = "extensions.csv"
COLUMNS = ("student_id", "assignment", "extension", "due", "dropped", "note")
MAX_BYTES = 10_000_000
TIME = re.compile(r"(?=\S)(?:(\d{1,4})\s*d)?\s*(?:(\d{1,4})\s*h)?\s*(?:(\d{1,5})\s*min)?")
YES, NO = ("yes", "y", "true", "1", "x"), ("no", "n", "false", "0", "")


class Own(msgspec.Struct, frozen=True):
    """What holds for one student and no other."""

    extension: datetime.timedelta | None = None
    due: datetime.datetime | None = None
    """Their own due date, in UTC; counts where the class has one."""
    dropped: bool = False

    def more_time(self, due: datetime.datetime | None) -> datetime.timedelta | None:
        """How much later than the class's due date, in UTC; None for not at all."""
        if self.due is None or due is None:
            return self.extension
        return max(self.due - due, datetime.timedelta()) or None


def extensions(course: Course, assignment: str) -> Mapping[str, Own] | None:
    """By student, what their rows say of an assignment; None if the course has no such file.

    A row without an assignment holds for all, unless another one names this one.

    Raises:
        UsageError: if the file cannot be read or understood, with the line.
    """
    path = course.root / FILE
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    rows = _rows(path, (state.st_size, state.st_mtime_ns))
    found: dict[str, Own] = {}
    for student in sorted({student for student, _ in rows}):
        always, own = rows.get((student, ""), Own()), rows.get((student, assignment))
        found[student] = msgspec.structs.replace(
            own or always, dropped=always.dropped or (own is not None and own.dropped)
        )
    return found


def dropped(course: Course, assignment: str) -> frozenset[str]:
    """The students who left the course, or need not do this assignment. Raises as above."""
    known = extensions(course, assignment) or {}
    return frozenset(student for student, own in known.items() if own.dropped)


@lru_cache(maxsize=8)
def _rows(path: Path, version: tuple[int, int]) -> dict[tuple[str, str], Own]:
    """By student and assignment, the file's rows; read again where it has changed."""
    del version
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read ({error}); save it as CSV in UTF-8.") from None
    found: dict[tuple[str, str], Own] = {}
    for line, row in _read(path, text):
        key = row["student_id"], row.get("assignment", "")
        if key in found:
            raise _wrong(path, line, f"{' '.join(key).strip()} stands there twice")
        found[key] = _own(path, line, row)
    return found


def _read(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    heading = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in heading else ",", restkey="more"
    )
    names = [(name or "").strip() for name in reader.fieldnames or ()]
    if "student_id" not in names or not set(names) <= set(COLUMNS):
        asked = ", ".join(COLUMNS)
        raise UsageError(f"{path}: its first line names the columns student_id and any of {asked}.")
    reader.fieldnames = names
    for row in reader:
        if "more" in row:
            raise _wrong(path, reader.line_num, "there are more fields than columns")
        told = {name: (value or "").strip() for name, value in row.items()}
        if any(told.values()):
            yield reader.line_num, told


def _own(path: Path, line: int, row: Mapping[str, str]) -> Own:
    if not row["student_id"]:
        raise _wrong(path, line, "there is no student_id")
    extension, due = row.get("extension", ""), row.get("due", "")
    if extension and due:
        raise _wrong(path, line, "give an extension or a due date, not both")
    said = row.get("dropped", "").lower()
    if said not in (*YES, *NO):
        raise _wrong(path, line, f"dropped is yes or no, not '{said}'")
    time = TIME.fullmatch(extension)
    if extension and time is None:
        raise _wrong(path, line, f"'{extension}' is no time such as 2 d, 36 h or 1 d 12 h")
    days, hours, minutes = (int(part or 0) for part in (time.groups() if time else (0, 0, 0)))
    more = datetime.timedelta(days=days, hours=hours, minutes=minutes)
    return Own(more or None, _date(path, line, due) if due else None, said in YES)


def _date(path: Path, line: int, text: str) -> datetime.datetime:
    """A date in UTC, as nbgrader reads dates: UTC unless it says another offset."""
    try:
        date: datetime.datetime = parser.parse(text)
        if date.tzinfo is not None:
            date = date.astimezone(datetime.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise _wrong(path, line, f"'{text}' is no date such as 2026-05-03 23:59 +02:00") from None
    return date


def _wrong(path: Path, line: int, what: str) -> UsageError:
    return UsageError(f"{path}, line {line}: {what}.")
