"""How long does the class report of many students take, how large is it, and are copies found?

    make demo                                           (the class that is multiplied)
    python benchmarks/bench_report.py --students 2000

Nothing is graded: the demonstration's recorded grades are multiplied in its ledger and gradebook,
with answers that differ by some of their lines. One submission is handed in by 37 students, with
other names in it, and one answer by two pairs.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import msgspec

from autograder.classroom.ledger import ledger_path
from autograder.classroom.recorded import recorded_class
from autograder.course.course import Course
from autograder.outputs.report import write_report
from autograder.outputs.similar import similar

ASSIGNMENT = "batchnorm"
ROOT = Path(__file__).parent.parent
STUDENTS, COPIES = 300, 37
SECONDS, MEGABYTES = 20.0, 10.0
"""CPU seconds and size that 2,000 students may take."""
CHANGED = 0.5
"""Share of an answer's lines that is another one."""


def main() -> int:
    """Print times, sizes and what was found; status 1 if a budget is missed or a copy not found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=STUDENTS)
    parser.add_argument("--keep", type=Path, help="put the pages here")
    asked = parser.parse_args()
    if not (ROOT / "demo" / "gradebook.db").is_file():
        print("There is no demo/; run 'make demo' first.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        course = Course(shutil.copytree(ROOT / "demo", Path(folder) / "course"))
        multiply(course, asked.students)
        began, cpu = time.monotonic(), time.process_time()
        grades, facts = recorded_class(course, ASSIGNMENT)
        read = time.process_time() - cpu
        page = write_report(ASSIGNMENT, grades, (asked.keep or Path(folder)) / "report.html", facts)
        used, took = time.process_time() - cpu, time.monotonic() - began
        sizes = [path.stat().st_size / 1e6 for path in (page, page.with_stem("report-similar"))]
        found = similar(grades, facts.answers, facts.written, facts.given).clusters
    print(
        f"{len(grades)} students: {used:.1f} CPU seconds ({read:.1f} to read), {took:.1f} s of wall"
    )
    print(f"report {sizes[0]:.2f} MB, similar submissions {sizes[1]:.2f} MB")
    wanted = [{f"copy{i}" for i in range(COPIES)}, {"pair0", "pair1"}, {"pair2", "pair3"}]
    clusters = [set(cluster.students) for cluster in found]
    missed = [sorted(group) for group in wanted if group not in clusters]
    others = [cluster.students for cluster in found if set(cluster.students) not in wanted]
    print(f"groups found: {len(wanted) - len(missed)} of {len(wanted)}; others: {others[:5]}")
    return int(used > SECONDS or sum(sizes) > MEGABYTES or bool(missed))


def multiply(course: Course, students: int) -> None:
    """Write so many students into ledger and gradebook, each made of a recorded one."""
    draw = random.Random(1)
    names = [f"student{i:04}" for i in range(students - COPIES - 4)]
    names += [f"copy{i}" for i in range(COPIES)] + [f"pair{i}" for i in range(4)]
    ledger, book = (
        sqlite3.connect(ledger_path(course, ASSIGNMENT)),
        sqlite3.connect(course.root / "gradebook.db"),
    )
    recorded = ledger.execute("SELECT student, digest, graded FROM grades").fetchall()
    whole = [row for row in recorded if len(msgspec.msgpack.decode(row[2])["notebooks"]) > 1]
    first: dict[str, Any] = {}
    for name in names:
        kind = re.sub(r"\d+", "", name)
        student, digest, graded = whole[0] if kind != "student" else draw.choice(whole)
        made = msgspec.msgpack.decode(graded)
        if kind == "copy":
            made = _renamed(first.setdefault("copy", _another(made, draw)), name)
        else:
            made = _another(made, draw)
        if kind == "pair":
            leader = first.setdefault(f"pair{int(name[4:]) // 2}", made)
            _cell(made)["source"] = _cell(leader)["source"]
        ledger.execute(
            "INSERT INTO grades VALUES (?, ?, ?, 1)", (name, digest, msgspec.msgpack.encode(made))
        )
        _enter(book, student, name)
    for student, _, _ in recorded:
        ledger.execute("DELETE FROM grades WHERE student = ?", (student,))
    for database in (ledger, book):
        database.commit()
        database.close()
    for name in names:
        (course.root / "submitted" / name / ASSIGNMENT).mkdir(parents=True)


def _another(made: Any, draw: random.Random) -> Any:
    """The same, some lines of its code and all of its text replaced by what nobody else has."""
    made = msgspec.msgpack.decode(msgspec.msgpack.encode(made))
    for notebook in made["notebooks"].values():
        for cell in notebook["cells"]:
            if cell["source"] != cell["handed_out"] and cell["handed_out"] is not None:
                lines = cell["source"].split("\n")
                share = CHANGED if cell["type"] == "code" else 1.0
                changed = (_line(draw) if draw.random() < share else line for line in lines)
                cell["source"] = "\n".join(changed)
    for question in made["grade"]["questions"]:
        for check in question["checks"]:
            if check["verdict"] == "failed" and check["misconception"] is None:
                check["output"] = f"{draw.randrange(40):016x}"
    return made


def _line(draw: random.Random) -> str:
    words = draw.choices(("np.sum", "np.mean", "x", "out", "np.dot", "w.T", "mean", "reshape"), k=6)
    number, sign = draw.randrange(100), draw.choice("+-*/")
    return f"    {words[0]} = {words[1]}({words[2]}, {words[3]}) {sign} {number} {sign} {words[4]}"


def _renamed(made: Any, name: str) -> Any:
    made = msgspec.msgpack.decode(msgspec.msgpack.encode(made))
    for notebook in made["notebooks"].values():
        for cell in notebook["cells"]:
            if cell["type"] == "code" and cell["source"] != cell["handed_out"]:
                cell["source"] = re.sub(
                    r"(?<![.\w])(out|mean|cache)\b", rf"\1_{name}", cell["source"]
                )
    return made


def _cell(made: Any) -> Any:
    """The answer that a pair shares."""
    cells = made["notebooks"]["batch_normalization"]["cells"]
    return next(cell for cell in cells if cell["id"] == "batchnorm_backward_answer")


def _enter(book: sqlite3.Connection, student: str, name: str) -> None:
    """Enter a student into the gradebook with the rows of another one."""
    book.execute("INSERT INTO student (id) VALUES (?)", (name,))
    (old,) = book.execute("SELECT id FROM submitted_assignment WHERE student_id = ?", (student,))
    new = uuid.uuid4().hex
    book.execute(
        "INSERT INTO submitted_assignment SELECT ?, assignment_id, ?, timestamp, extension "
        "FROM submitted_assignment WHERE id = ?",
        (new, name, old[0]),
    )
    notebooks = "SELECT id FROM submitted_notebook WHERE assignment_id = ?"
    for (notebook,) in book.execute(notebooks, old).fetchall():
        copy = uuid.uuid4().hex
        book.execute(
            "INSERT INTO submitted_notebook SELECT ?, ?, notebook_id, flagged, "
            "late_submission_penalty FROM submitted_notebook WHERE id = ?",
            (copy, new, notebook),
        )
        book.execute(
            "INSERT INTO grade SELECT hex(randomblob(16)), ?, cell_id, auto_score, manual_score, "
            "extra_credit, needs_manual_grade FROM grade WHERE notebook_id = ?",
            (copy, notebook),
        )


if __name__ == "__main__":
    raise SystemExit(main())
