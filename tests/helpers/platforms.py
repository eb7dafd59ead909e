"""What learning platforms hand over, and a course to collect it into."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder.course.course import Course
from autograder.course.people import Person, Roster
from autograder.submission.arrivals import open_source
from autograder.submission.collecting import Plan, carry_out, plan

NAME = "lab"
CLASS = [
    Person("ada", "Ada", "Lovelace", "", "ada@uni.edu", "101"),
    Person("jsm", "Jörg", "Müller-Straße", "", "jsm@uni.edu", "102"),
    Person("oha", "Siún", "O'Hara", "", "oha@uni.edu", "103"),
]
MOODLE = {
    "Ada Lovelace_5001_assignsubmission_file_/nets.ipynb": b"ada",
    "Ada Lovelace_5001_assignsubmission_file_/results/run.json": b"{}",
    "Ada Lovelace_5001_assignsubmission_onlinetext_/onlinetext.html": b"<p>late</p>",
    "Jörg Müller-Straße_5002_assignsubmission_file/nets-1.ipynb": b"joerg",
    "Siún O'Hara_5003_assignsubmission_file_nets.ipynb": b"siun",
    "Eve Nobody_5004_assignsubmission_file_/nets.ipynb": b"eve",
}
"""Folders of older and newer versions, and the option without folders."""
CANVAS = {
    "lovelaceada_101_9001_nets.ipynb": b"ada",
    "lovelaceada_101_9002_norm-1.ipynb": b"ada",
    "müllerstraßejörg_LATE_102_9003_nets-2.ipynb": b"joerg",
    "oharasiún_103_text.html": b"<p>in the other course</p>",
}
WORKSHEET = """\
Identifier,"Full name","Email address",Status,Grade,"Last modified (submission)"
"Participant 5001","Ada Lovelace",ada@uni.edu,Submitted,,"Thursday, 12 March 2026, 11:59 PM"
"Participant 5002","Jörg Müller-Straße",jsm@uni.edu,Submitted,,-
"""


def bare_course(root: Path) -> Course:
    """A course in which only the names of the released notebooks matter."""
    (root / "release" / NAME).mkdir(parents=True)
    for name in ("nets", "norm"):
        (root / "release" / NAME / f"{name}.ipynb").write_text("{}")
    (root / "nbgrader_config.py").write_text("")
    return Course.find(root)


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def laid_out(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def planned(
    course: Course, path: Path, people: Iterable[Person] = CLASS, *, new: bool = False
) -> Plan:
    """What collecting would do."""
    return plan(course, NAME, open_source(path), Roster(people), new=new, timezone="Europe/Berlin")


def collected(
    course: Course, path: Path, people: Iterable[Person] = CLASS, *, update: bool = False
) -> dict[str, bytes]:
    """Collect, and say what lies in `submitted/` then."""
    carry_out(course, planned(course, path, people), update=update)
    submitted = course.root / "submitted"
    return {
        str(path.relative_to(submitted)): path.read_bytes()
        for path in sorted(submitted.rglob("*"))
        if path.is_file()
    }
