"""Graders of one process share a diagnosis, until something changes that it was worked out from."""

from __future__ import annotations

import shutil
from pathlib import Path

import tiny_course

from autograder.assignment import find
from autograder.course.course import Course
from autograder.diagnosis.diagnose import Diagnosis
from autograder.diagnosis.shared import diagnosis_of

SECRET = b"a secret of the tests, long enough"


def now(course: Course, secret: bytes = SECRET) -> Diagnosis:
    return diagnosis_of(find(course, tiny_course.NAME), secret)


def test_it_is_as_new_as_all_that_it_depends_on(tmp_path: Path) -> None:
    course = tiny_course.lay_out(tmp_path)
    release = shutil.copytree(tmp_path / "source" / "tiny", tmp_path / "release" / "tiny")
    before = now(course)
    assert now(course) is before
    assert now(course, SECRET[::-1]) is not before

    private = tmp_path / "autograder" / "assignments" / "tiny"
    with (private / "checks" / "test_account.py").open("a") as file:
        file.write("\n# another line\n")
    changed_check = now(course)
    assert changed_check is not before

    (release / "sales.csv").write_text("spring\n1.0\n")
    changed_data = now(course)
    assert changed_data is not changed_check

    path = tmp_path / "source" / "tiny" / "tiny.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"upstream": [\n      "initials"\n     ]', '"upstream": []'))
    assert path.read_text(encoding="utf-8") != text
    assert now(course) is not changed_data
