"""How platforms name what they hand over, and whose each file is by its name.

Moodle            Full Name_123456_assignsubmission_file_/lab.ipynb, or all in one name
Canvas            lovelaceada_LATE_12345_678901_lab-1.ipynb
exchange          ada+lab+2026-03-12 20:11:00 UTC+random/lab.ipynb, nbgrader's inbound folder
GitHub Classroom  lab-ada/lab.ipynb, clones
a folder each     ada/lab.ipynb or ada/lab/lab.ipynb
flat              ada_lab.ipynb
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Collection
from typing import Literal

import msgspec

from autograder.course.people import Person, Roster, plain
from autograder.submission.arrivals import Arrived, Source

Platform = Literal["moodle", "canvas", "exchange", "github", "folder", "flat"]
MOODLE = re.compile(r"(?P<name>[^_]*)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_(?P<file>.*))?")
CANVAS = re.compile(
    r"(?P<name>.+?)(?P<late>_?LATE)?_(?P<number>\d+)_(?:\d+_(?P<file>.+)|(?P<text>(?:text|link)\.html))"
)
EXCHANGE = re.compile(r"(?P<name>[^+]+)\+[^+]+\+(?P<time>[^+]+)(?:\+.*)?")
AGAIN = re.compile(r"(?P<stem>.+?)(?:-\d{1,3}| ?\(\d{1,3}\))")
"""What a platform or browser calls a file that it has seen before: `lab-1`, `lab (1)`."""


class Sender(msgspec.Struct, frozen=True):
    """Whose something is, in the platform's words."""

    platform: Platform
    name: str
    number: str = ""
    """The platform's number of the person: Moodle's participant, Canvas's user."""
    at: str = ""
    """When it came, if the name tells."""
    why_not: str = ""
    """Why it is nobody's, as a sentence."""


class Sent(msgspec.Struct, frozen=True):
    """One file, by whom, and where it lies in their submission."""

    sender: Sender
    rest: tuple[str, ...]
    file: Arrived
    late: bool = False
    """Whether the platform says that it came late, which need not be when."""


def sorted_out(
    source: Source, assignment: str, notebooks: Collection[str], roster: Roster
) -> list[Sent]:
    """Say of each file whose it is and where it belongs.

    Args:
        source: what came.
        assignment: its name, a folder that is not repeated below a student's.
        notebooks: names of the released notebooks, without what they end in.
        roster: the people of the course.
    """
    unwrapped = _unwrapped(source, assignment, notebooks, roster)
    prefix = _clones_begin(unwrapped.repositories, assignment)
    own = (unwrapped, assignment, notebooks, roster, prefix)
    return [_sent(file, *own) for file in unwrapped.files]


def whose(sender: Sender, roster: Roster, *, new: bool) -> Person | str:
    """The person, or a sentence why nobody is known to be meant.

    Args:
        sender: the platform's words.
        roster: the people of the course.
        new: whether somebody who is not in the roster becomes a student.
    """
    if sender.why_not:
        return sender.why_not
    match sender.platform:
        case "canvas":
            found = roster.by("lms_user_id", sender.number)
        case "moodle":
            found = roster.by("number", sender.number)
        case "github":
            found = roster.by("github", sender.name)
        case _:
            found = []
    found = found or roster.by("id", sender.name) or roster.named(sender.name)
    if len(found) > 1:
        return f"can be {' or '.join(one.id for one in found)}; say which in the roster."
    if found:
        return found[0]
    if not new:
        return "is in no roster; add a line there, or give --new to take unknown students."
    id_ = sender.name if sender.platform not in ("moodle", "canvas") else plain(sender.name)
    return Person(id_, name=sender.name) if id_ else "has no name."


def proper_name(name: str, notebooks: Collection[str]) -> str:
    """A file's name without what a platform adds when it has seen the name before."""
    stem, dot, suffix = name.rpartition(".")
    if stem in notebooks:
        return name
    again = AGAIN.fullmatch(stem)
    return f"{again['stem']}{dot}{suffix}" if again and again["stem"] in notebooks else name


def _sent(
    file: Arrived,
    source: Source,
    assignment: str,
    notebooks: Collection[str],
    roster: Roster,
    prefix: str,
) -> Sent:
    top, *below = file.parts
    if moodle := MOODLE.fullmatch(top):
        own = (moodle["file"],) if moodle["file"] and not below else ()
        return Sent(Sender("moodle", moodle["name"], moodle["number"]), (*own, *below), file)
    if not below:
        return _single(file, notebooks, roster)
    if exchange := EXCHANGE.fullmatch(top):
        why_not = _impersonated(exchange["name"], source.owners.get(top))
        sender = Sender("exchange", exchange["name"], at=exchange["time"], why_not=why_not)
        return Sent(sender, tuple(below), file)
    if top in source.repositories:
        return Sent(_cloned(top, prefix, roster), tuple(below), file)
    inner = below[1:] if len(below) > 1 and below[0] == assignment else below
    return Sent(Sender("folder", top), tuple(inner), file)


def _single(file: Arrived, notebooks: Collection[str], roster: Roster) -> Sent:
    """A file that lies in no folder."""
    name = file.parts[0]
    if canvas := CANVAS.fullmatch(name):
        sender = Sender("canvas", canvas["name"].strip("_"), canvas["number"])
        return Sent(sender, (canvas["file"] or canvas["text"],), file, bool(canvas["late"]))
    if person := roster.begins(name):
        return Sent(Sender("flat", person.id), (name[len(person.id) + 1 :],), file)
    stem, _, suffix = name.rpartition(".")
    for known in sorted(notebooks, key=len, reverse=True):
        again = re.fullmatch(rf"(.+?)[_\-. ]({re.escape(known)}(?:-\d{{1,3}}| ?\(\d+\))?)", stem)
        if again and suffix == "ipynb":
            return Sent(Sender("flat", again[1]), (f"{again[2]}.ipynb",), file)
    why_not = "does not say whose it is: no student's id begins its name."
    return Sent(Sender("flat", name, why_not=why_not), (name,), file)


def _cloned(folder: str, prefix: str, roster: Roster) -> Sender:
    """Whose a clone is, `assignment-username`: both may hold dashes."""
    ends = [one for one in roster.people.values() if one.github and _ends(folder, one.github)]
    if ends:
        return Sender("github", max(ends, key=lambda one: len(one.github)).github)
    if prefix and folder.startswith(prefix):
        return Sender("github", folder.removeprefix(prefix))
    return Sender("github", folder, why_not="does not say whose it is; name its user in a roster.")


def _ends(folder: str, name: str) -> bool:
    return folder.casefold().endswith(f"-{name.casefold()}")


def _clones_begin(repositories: Collection[str], assignment: str) -> str:
    """What all clones begin with: GitHub Classroom's name of the assignment and a dash."""
    if len(repositories) > 1:
        return os.path.commonprefix(sorted(repositories)).rpartition("-")[0] + "-"
    return f"{assignment}-"


def _impersonated(name: str, owner: int | None) -> str:
    """Why a folder of the exchange is not who it says; empty if it is, or nobody can tell."""
    if owner is None:
        return ""
    try:
        account = pwd.getpwuid(owner).pw_name
    except KeyError:
        account = f"the account {owner}"
    if account == name:
        return ""
    return f"says {name} and belongs to {account}: somebody may have handed in for another."


def _unwrapped(
    source: Source, assignment: str, notebooks: Collection[str], roster: Roster
) -> Source:
    """Without a folder in which all lies, unless it is a student's own."""
    tops = {file.parts[0] for file in source.files}
    top = next(iter(tops), "")
    own = {
        proper_name(file.parts[1], notebooks).removesuffix(".ipynb")
        for file in source.files
        if len(file.parts) == 2
    }
    if len(tops) != 1 or top in source.repositories or own & set(notebooks):
        return source
    if {file.parts[1:2] for file in source.files} == {(assignment,)}:
        return source
    if MOODLE.fullmatch(top) or EXCHANGE.fullmatch(top) or roster.by("id", top):
        return source
    files = [
        msgspec.structs.replace(file, parts=file.parts[1:])
        for file in source.files
        if len(file.parts) > 1
    ]
    return msgspec.structs.replace(source, files=tuple(files)) if files else source
