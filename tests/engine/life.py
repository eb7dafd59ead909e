"""A course's life as docs/instructor.md tells it: its blocks, run in the order of the page."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest.mock import patch

from mini_course import NAME, ROOT
from nbgrader.apps.nbgraderapp import NbGraderApp
from term import inside, run

from autograder.course.course import Course

PAGE = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
LIFE = PAGE.split("\n## A course's life\n")[1].split("\n## ")[0]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SMALL = {"grade", "feedback"}
"""What would start more processes than this class is worth."""
OF_STUDENTS = {"fetch_assignment", "submit", "fetch_feedback"}
Work = Callable[[Path], None]


class Life:
    """The page's blocks, one heading after the other, with other names in them."""

    def __init__(self, course: Course, folder: Path, names: Mapping[str, str]) -> None:
        self.course, self.homes = course, folder / "homes"
        exchange = folder / "exchange"
        exchange.mkdir(parents=True)
        exchange.chmod(0o777)
        self.names = {"batchnorm": NAME, "/srv/nbgrader/exchange": str(exchange), **names}
        self.left = [part.split("\n", 1) for part in LIFE.split("\n### ")[1:]]
        self.students: dict[str, Work] = {}
        """Who works at home, and what they do once they have the assignment."""
        self.shared = ""

    def follow(self, heading: str) -> list[str]:
        """Do all that stands under the next heading; returns what each command said."""
        told, text = self.left.pop(0)
        assert told == heading
        said = []
        for kind, block in BLOCK.findall(text):
            own = re.sub("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in self.names),
                         lambda found: self.names[found[0]], block)  # fmt: skip
            if kind == "sh":
                said += [self._do(*shlex.split(line, comments=True)) for line in own.splitlines()]
            else:
                {"python": self._configure, "csv": self._grant}[kind](own)
        return said

    def hand_in(self, student: str, work: Work) -> None:
        """A student's second submission."""
        work(self.homes / student / NAME)
        self._at_home(student, "submit", NAME, "--course", "deep-learning")

    def _do(self, program: str, *words: str) -> str:
        if program == "jupyter":
            return "the server that the grader's browser is at"
        if program == "autograder":
            few = ["--jobs", "1"] if words[0] in SMALL else []
            return run(self.course, *words, *few)
        assert program == "nbgrader"
        if words[0] not in OF_STUDENTS:
            nbgrader(self.course.root, *words)
        for student in self.students if words[0] in OF_STUDENTS else ():
            self._at_home(student, *words)
        return ""

    def _at_home(self, student: str, *words: str) -> None:
        home = self.homes / student
        home.mkdir(parents=True, exist_ok=True)
        cache = f"c.Exchange.cache = {str(home / 'cache')!r}\n"
        (home / "nbgrader_config.py").write_text(f"c = get_config()\n{self.shared}{cache}")
        nbgrader(home, *words, f"--student={student}")
        if words[0] == "fetch_assignment":
            self.students[student](home / NAME)

    def _configure(self, block: str) -> None:
        config = self.course.root / "nbgrader_config.py"
        config.write_text(f"{config.read_text()}\n{block}")
        self.shared = self.shared or block

    def _grant(self, block: str) -> None:
        (self.course.root / "extensions.csv").write_text(block)


def nbgrader(folder: Path, *words: str) -> None:
    """Run a command of nbgrader's in a folder; it fails as it would in a terminal."""
    with inside(folder), patch.object(sys, "path", [*sys.path]):
        NbGraderApp.clear_instance()
        NbGraderApp.launch_instance(argv=list(words))
        NbGraderApp.clear_instance()
