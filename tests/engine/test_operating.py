"""For whoever runs it: a log of each run, times foretold, and a student forgotten on demand."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from batch_class import NO_CLIP, RIGHT, grade, hand_in, rows
from mini_course import NAME, ReleasedIn, copy_of

from autograder import cli
from autograder.classroom.batch import grade_class
from autograder.classroom.ledger import Ledger, ledger_path
from autograder.classroom.run_log import START_SECONDS, estimate, foretold, in_words
from autograder.course.course import Course
from autograder.gradebook.rows import open_gradebook
from autograder.model import ClassResult
from autograder.outputs.progress import Silent
from autograder.release.migrate import back_up
from autograder.submission.layouts import Sender
from autograder.submission.senders import remember, remembered

GONE, STAYS = "quillan", "ben"


class Told(Silent):
    """Keeps what was foretold."""

    def __init__(self) -> None:
        self.expected: list[str] = []

    def expect(self, sentence: str) -> None:
        self.expected.append(sentence)


@pytest.fixture(scope="module")
def run(
    released_in: ReleasedIn, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Course, ClassResult, list[str]]:
    """A first run over two students: its course, its result, and what was foretold."""
    course, told = released_in(tmp_path_factory.mktemp("operating") / "course"), Told()
    hand_in(course, GONE, RIGHT)
    hand_in(course, STAYS, NO_CLIP)
    return course, grade_class(course, NAME, jobs=1, progress=told), told.expected


def test_a_run_has_a_log_that_says_who_waited_and_who_took_how_long(run) -> None:
    _, result, _ = run
    assert result.log.stat().st_mode & 0o777 == 0o600
    lines = [line.split("\t") for line in result.log.read_text().splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", line[0]) for line in lines)
    assert lines[0][2] == "2 submissions, 2 to grade, 1 at once."
    own = {line[1]: line[2] for line in lines[1:-1]}
    assert own.keys() == {GONE, STAYS}
    took = re.compile(r"7 of 17 \+ 3 .*; waited [\d.]+ s, took ([\d.]+) s, by process \d+ on .+")
    said = took.fullmatch(own[GONE])
    assert said, own[GONE]
    assert float(said[1]) == pytest.approx(result.times[GONE], abs=0.051)
    assert lines[-1][2] == "Done."


def test_the_next_run_knows_how_long_it_is_going_to_take(run) -> None:
    course, result, expected = run
    assert expected == ["How long it takes is known when the first submissions are graded."]
    with Ledger(ledger_path(course, NAME)) as ledger:
        assert ledger.times() == result.times


def test_an_estimate_takes_the_median_for_who_is_new_and_never_less_than_the_longest() -> None:
    known = {"a": 1.0, "b": 2.0, "c": 30.0}
    assert estimate(known, ["a", "new", "new too"], 1) == START_SECONDS + 1 + 2 + 2
    assert estimate(known, ["a", "b", "c"], 60) == START_SECONDS + 30
    assert estimate({}, ["a"], 1) is None
    assert foretold(known, ["a", "b"], 2) == "2 to grade, 2 at once: about 5 s."
    assert [in_words(89), in_words(3_000), in_words(9_000)] == ["89 s", "50 min", "2 h 30 min"]


@pytest.fixture
def course(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The graded course with all that lies about, to be changed."""
    copied = copy_of(run[0], tmp_path / "course")
    for place in (f"feedback/{GONE}/{NAME}/layers.html", f"reports/{NAME}.html"):
        page = copied.root / place
        page.parent.mkdir(parents=True)
        page.write_text(f"<td>{GONE}</td>")
    private = copied.root / ".autograder"
    with open_gradebook(copied, NAME) as book:
        back_up(book, private)
    (private / f"staff-notes-{NAME}.txt").write_text(f"{GONE}: a traceback\n")
    (copied.root / ".nbgrader.log").write_text(f"collected {GONE}\ncollected {STAYS}\n")
    earlier = private / "earlier" / GONE / f"{NAME}-20260312T100000"
    earlier.mkdir(parents=True)
    (earlier / "layers.ipynb").write_text("{}")
    senders = {GONE: Sender("moodle", "Gone", "1"), STAYS: Sender("moodle", "Stays", "2")}
    remember(copied, NAME, senders)
    (copied.root / f"feedback-{NAME}.zip").write_text(f"the page of {GONE}")
    monkeypatch.chdir(copied.root)
    return copied


def forget(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["autograder", "forget", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def holding(course: Course, name: str) -> list[Path]:
    """The files that hold a name, or lie in a folder of that name."""
    files = [path for path in course.root.rglob("*") if path.is_file()]
    return [path for path in files if name.encode() in bytes(path) + path.read_bytes()]


def test_nothing_of_a_forgotten_student_is_left_and_nobody_else_is_touched(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {key: row for key, row in rows(course).items() if key[0] == STAYS}
    assert len(holding(course, GONE)) > 10
    assert forget(monkeypatch, GONE, "--yes") == 0
    said = capsys.readouterr().out
    for place in ("submitted/", "autograded/", "feedback/", "gradebook.db", "ledger-mini.sqlite"):
        assert place in said
    assert holding(course, GONE) == []
    assert rows(course) == before
    assert list(remembered(course, NAME)) == [STAYS]
    assert (course.root / ".nbgrader.log").read_text() == f"collected {STAYS}\n"
    assert grade(course).fresh == ()
    assert forget(monkeypatch, GONE, "--yes") == 2
    assert f"There is nothing of {GONE}" in capsys.readouterr().err


def test_nothing_is_removed_without_being_asked_for(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = holding(course, GONE)
    assert forget(monkeypatch, GONE) == 2
    assert "say --yes" in capsys.readouterr().err
    assert forget(monkeypatch, "../ben", "--yes") == 2
    assert holding(course, GONE) == before
