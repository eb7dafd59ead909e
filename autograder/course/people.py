"""Who is in the course: rosters of platforms as one list, and whom a platform's name means."""

from __future__ import annotations

import csv
import datetime
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from dateutil import parser

from autograder.errors import UsageError

MAX_ROSTER_BYTES = 50_000_000
COLUMNS = {
    "id": ("id", "student_id", "username", "sis login id", "roster_identifier"),
    "first_name": ("first_name", "first name", "vorname"),
    "last_name": ("last_name", "last name", "surname", "nachname"),
    "name": ("name", "full name", "vollständiger name"),
    "email": ("email", "email address", "e-mail-adresse"),
    "lms_user_id": ("lms_user_id", "canvas_user_id"),
    "number": ("identifier", "participant"),
    "github": ("github_username",),
    "handed_in": ("last modified (submission)", "submission_timestamp", "timestamp"),
}
"""What a column tells, and how platforms head it: nbgrader, Canvas, Moodle, GitHub Classroom."""
YEAR_FIRST = re.compile(r"\s*\d{4}-")
TELLING = ("id", "email", "lms_user_id", "number", "github")
PARTICIPANT = re.compile(r"\D+(\d+)")
"""`Participant 123456`, in any language, in a grading worksheet of Moodle."""


class Person(msgspec.Struct, frozen=True):
    """A student, as far as rosters tell."""

    id: str
    """nbgrader's id, which names folders; empty if no roster says it."""
    first_name: str = ""
    last_name: str = ""
    name: str = ""
    """The full name, where it is not said in two parts."""
    email: str = ""
    lms_user_id: str = ""
    number: str = ""
    """Moodle's number of the participant in an assignment."""
    github: str = ""
    handed_in: str = ""
    """When, in the platform's words; empty or a dash if it does not say."""

    def spellings(self) -> set[str]:
        """How a name that means this person can read, without accents, case and spaces."""
        both = (f"{self.first_name} {self.last_name}", f"{self.last_name} {self.first_name}")
        names = {plain(one) for one in (*both, self.name)}
        with_id = {plain(self.id) + name for name in names if name}  # an option of Moodle's
        return (names | with_id | {plain(self.id), plain(self.email)}) - {""}


class Roster:
    """The people of a course, to be found by what platforms call them.

    Args:
        people: with ids or without; rows that speak of the same person are joined.
    """

    def __init__(self, people: Iterable[Person] = ()) -> None:
        rows = list(people)
        known: dict[str, Person] = {}
        for row in rows:
            if row.id:
                known[row.id] = _joined(known.get(row.id), row)
        with_ids = _Index(known.values())
        for row in rows:
            if not row.id:
                id_ = _same_person(row, with_ids) or row.email.partition("@")[0]
                if id_:
                    known[id_] = _joined(known.get(id_), msgspec.structs.replace(row, id=id_))
        self.people: Mapping[str, Person] = dict(sorted(known.items()))
        self._found = _Index(self.people.values())

    def by(self, field: str, value: str) -> list[Person]:
        """The people of whom a field has this value, whatever its case.

        Args:
            field: one of `Person` that tells people apart: id, email, lms_user_id, number, github.
            value: what it should be.
        """
        return self._found.fields.get((field, value.casefold()), [])

    def named(self, name: str) -> list[Person]:
        """The people whom a name can mean."""
        return self._found.names.get(plain(name), [])

    def begins(self, text: str) -> Person | None:
        """The person whose id a file's name begins with; of several the longest id."""
        lower = text.casefold()
        ends = [at for at, character in enumerate(lower) if character in "_-. "]
        found = [one for at in reversed(ends) for one in self.by("id", lower[:at])]
        return found[0] if found else None


class _Index:
    """People by what tells them apart."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.fields: dict[tuple[str, str], list[Person]] = {}
        self.names: dict[str, list[Person]] = {}
        for one in people:
            for field in TELLING:
                if value := getattr(one, field).casefold():
                    self.fields.setdefault((field, value), []).append(one)
            for key in one.spellings():
                self.names.setdefault(key, []).append(one)


def plain(text: str) -> str:
    """Letters and digits of a text, without accents and case."""
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in parts if character.isalnum())


def read_people(path: Path) -> list[Person]:
    """Read a roster: nbgrader's own columns, Moodle's worksheet, GitHub Classroom's lists.

    Raises:
        UsageError: it cannot be read, or tells of nobody.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_ROSTER_BYTES)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")  # as older spreadsheets save
    start = text.partition("\n")[0]
    mark = max(",;\t", key=start.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark)
    heads = {(head or "").strip().casefold(): head for head in rows.fieldnames or ()}
    columns = {
        field: heads[name]
        for field, names in COLUMNS.items()
        for name in reversed(names)
        if name in heads
    }
    people = [_person(columns, row) for row in rows]
    if not columns.keys() & {"id", "email", "name", "last_name", "number"}:
        raise UsageError(
            f"{path} is no roster: it has no column id, email, name or Identifier; "
            "nbgrader's columns are id, first_name, last_name, email and lms_user_id."
        )
    return [one for one in people if one.spellings() or one.number]


def _person(columns: Mapping[str, str], row: Mapping[str, str | None]) -> Person:
    told = {field: (row.get(head) or "").strip() for field, head in columns.items()}
    if number := PARTICIPANT.fullmatch(told.get("number", "")):
        told["number"] = number[1]
    return Person(**{"id": "", **told})


def _same_person(row: Person, known: _Index) -> str:
    """The id of the one person that a row without an id speaks of; empty if that is unclear."""
    by_email = known.fields.get(("email", row.email.casefold()), [])
    names = row.spellings() - {plain(row.email)}
    by_name = {one.id: one for name in names for one in known.names.get(name, [])}
    found = by_email or list(by_name.values())
    return found[0].id if len(found) == 1 else ""


def _joined(one: Person | None, other: Person) -> Person:
    """What two rows tell of a person; what the later one leaves out stays."""
    if one is None:
        return other
    told = {name: value for name, value in msgspec.structs.asdict(other).items() if value}
    return msgspec.structs.replace(one, **told)


def moment(text: str, timezone: str) -> datetime.datetime | None:
    """A date in a platform's words, in UTC; None if it says none, or could be two.

    Args:
        text: such as `Friday, 12 March 2021, 11:59 PM`.
        timezone: of dates that name none, as `Europe/Berlin`.
    """
    if not any(character.isdigit() for character in text):
        return None
    try:
        readings: Sequence[datetime.datetime] = [
            parser.parse(text, dayfirst=first) for first in {False, not YEAR_FIRST.match(text)}
        ]
        if len(set(readings)) > 1:
            return None
        time = readings[0]
        if time.tzinfo is None:
            time = time.replace(tzinfo=ZoneInfo(timezone))
        return time.astimezone(datetime.UTC)
    except (ValueError, OverflowError, LookupError):
        return None
