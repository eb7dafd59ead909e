"""Kill a run over a class at random moments, again and again, and see that nothing is lost.

    python benchmarks/kill_runs.py [--kills 50] [--seed 1]

Each round grades a small class from nothing, kills the coordinator, a worker or the server that
workers are forked from at a random moment (SIGKILL), and runs the same command again until it
ends by itself. Then gradebook, autograded/ and ledger have to be those of an undisturbed run, no
process may be left, nothing in the temporary directory, and nobody graded twice whose grade was
kept before.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "engine"), str(ROOT / "tests" / "helpers")]

import mini_course  # noqa: E402
from batch_class import class_that_handed_in  # noqa: E402

from autograder.release.build import build_release  # noqa: E402
from autograder.sandbox.processes import children  # noqa: E402

GRADE = [sys.executable, "-m", "autograder.cli", "grade", mini_course.NAME, "--jobs", "2"]
WHOM = ("coordinator", "worker", "server")
LEAVING = 10.0
"""Seconds that processes whose parent was killed may take to end."""


def main() -> int:
    """Kill as often as asked; returns 1 if something was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    os.environ["AUTOGRADER_SECRET"] = "the secret of the runs that are killed"  # noqa: S105
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="kill-runs-") as place:
        course = mini_course.make_course(Path(place) / "course")
        build_release(course, mini_course.NAME, execute="never")
        class_that_handed_in(course)
        temporary = Path(place) / "t"
        temporary.mkdir()
        began = time.monotonic()
        calm = Path(place) / "calm"
        shutil.copytree(course.root, calm)
        start(calm, temporary).wait()
        usual, expected = time.monotonic() - began, state(calm)
        for number in range(asked.kills):
            disturbed = Path(place) / "disturbed"
            whom, after = rng.choice(WHOM), rng.uniform(0.0, usual)
            found = None
            while found is None:
                shutil.rmtree(disturbed, ignore_errors=True)
                shutil.copytree(course.root, disturbed)
                found = disturb(disturbed, temporary, whom, after)
                after *= 1.0 if found is not None else 0.7
            found += differences(expected, state(disturbed))
            print(f"{number + 1:3} {whom:11} after {after:5.1f} s: {'; '.join(found) or 'as ever'}")
            wrong += bool(found)
            shutil.rmtree(disturbed)
    print(f"{asked.kills - wrong} of {asked.kills} kills left no trace")
    return int(wrong > 0)


def start(root: Path, temporary: Path) -> subprocess.Popen[bytes]:
    """Start grading."""
    quiet = subprocess.DEVNULL
    environment = os.environ | {"TMPDIR": str(temporary)}
    return subprocess.Popen(GRADE, cwd=root, env=environment, stdout=quiet, stderr=quiet)


def disturb(root: Path, temporary: Path, whom: str, after: float) -> list[str] | None:
    """Kill somebody during a run, and run again; returns what is not as it has to be.

    None if the run had ended before.
    """
    run = start(root, temporary)
    time.sleep(after)
    while not (victims := chosen(run.pid, whom)) and run.poll() is None:
        time.sleep(0.02)  # there is none of them yet
    everybody = descendants(run.pid)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    if not victims:
        return None
    found = []
    if whom == "coordinator":
        run.wait()
    elif (status := run.wait()) != 0:
        found.append(f"the run ended with {status}")
    if not gone(everybody):
        found.append("processes are left")
    before = versions(root)
    if (status := start(root, temporary).wait()) != 0:
        found.append(f"the next run ended with {status}")
    again = {student for student, row in versions(root).items() if row != before.get(student)}
    if twice := again & before.keys():
        found.append(f"graded twice: {', '.join(sorted(twice))}")
    if left := sorted(path.name for path in temporary.iterdir()):
        found.append(f"left behind: {', '.join(left)}")
    return found


def chosen(coordinator: int, whom: str) -> list[int]:
    """Whom to kill: one process, or none if there is no such one at this moment."""
    if whom == "coordinator":
        return [coordinator] if began_at(coordinator) else []
    servers = [pid for pid in children(coordinator) if b"forkserver" in command_line(pid)]
    return servers[:1] if whom == "server" else [pid for s in servers for pid in children(s)][:1]


def command_line(pid: int) -> bytes:
    """The command of a process; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def descendants(pid: int) -> dict[int, bytes]:
    """All that a process has started, and what that started; by number, when it began."""
    found, todo = {}, [pid]
    while todo:
        for child in children(todo.pop()):
            found[child] = began_at(child)
            todo.append(child)
    return found


def began_at(pid: int) -> bytes:
    """When a process began, so that its number cannot mean another one; empty if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return b""
    return b"" if fields[0] == b"Z" else fields[19]


def gone(processes: dict[int, bytes]) -> bool:
    """Whether all of them end."""
    until = time.monotonic() + LEAVING
    while time.monotonic() < until:
        if not any(when and began_at(pid) == when for pid, when in processes.items()):
            return True
        time.sleep(0.05)
    return False


def versions(root: Path) -> dict[str, int]:
    """By student, the number of the ledger's row, which grading again replaces."""
    path = root / ".autograder" / f"ledger-{mini_course.NAME}.sqlite"
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as database:
        rows = "SELECT student, rowid FROM grades"
        return dict(database.execute(rows)) if tables(database) else {}


def tables(database: sqlite3.Connection) -> list[str]:
    """The tables of a database."""
    named = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    return [name for (name,) in database.execute(named)]


def state(root: Path) -> dict[str, str]:
    """A digest of everything that has to be the same, by what it is."""
    found = {
        str(path.relative_to(root)): digest(path.read_bytes())
        for path in sorted((root / "autograded").rglob("*"))
        if path.is_file()
    }
    book = """
        SELECT s.student_id, n.name, c.name, g.auto_score, g.manual_score, g.extra_credit,
               g.needs_manual_grade
        FROM grade g JOIN submitted_notebook sn ON g.notebook_id = sn.id
        JOIN submitted_assignment s ON sn.assignment_id = s.id
        JOIN notebook n ON sn.notebook_id = n.id JOIN base_cell c ON g.cell_id = c.id"""
    said = """
        SELECT s.student_id, n.name, c.name, m.auto_comment
        FROM comment m JOIN submitted_notebook sn ON m.notebook_id = sn.id
        JOIN submitted_assignment s ON sn.assignment_id = s.id
        JOIN notebook n ON sn.notebook_id = n.id JOIN base_cell c ON m.cell_id = c.id"""
    ledger = root / ".autograder" / f"ledger-{mini_course.NAME}.sqlite"
    kept = "SELECT student, digest, written FROM grades"
    for what, path, query in (
        ("the gradebook's scores", root / "gradebook.db", book),
        ("the gradebook's comments", root / "gradebook.db", said),
        ("the ledger", ledger, kept),
    ):
        with closing(sqlite3.connect(path)) as database:
            rows = sorted(map(repr, database.execute(query)))
        found[what] = digest(msgspec.json.encode(rows))
    return found


def digest(raw: bytes) -> str:
    """A digest."""
    return hashlib.sha256(raw).hexdigest()


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """What is not the same."""
    keys = sorted(expected.keys() | found.keys())
    return [f"{key} differs" for key in keys if expected.get(key) != found.get(key)]


if __name__ == "__main__":
    raise SystemExit(main())
