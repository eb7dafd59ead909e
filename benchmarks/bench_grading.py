"""How fast is grading, against stock nbgrader and against the budget?

    make bench                                                  (all of it, five minutes if idle)
    python benchmarks/bench_grading.py --students 8 --stock 2    (a quick look)

Part 1 grades a class on this machine: a part of it with `nbgrader autograde` as it comes (its own
Execute preprocessor, no configuration of ours), and before and after that all of it with
`autograder grade`: a machine that is busy with other things for a while is so to both. What is
compared is the time of one submission.
Part 2 takes one warm grader and tells the CPU seconds of a solved submission apart.
Only an idle machine says anything: its load is printed, before and after. Exit status 1 if ours is
less than ten times as fast.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import nbformat

from autograder.assignment import find
from autograder.checking.collect import Checks
from autograder.checking.collect import run as run_check
from autograder.course.course import Course, notebook_paths
from autograder.demo.course import without_markers
from autograder.diagnosis.diagnose import Trusted
from autograder.grading.grade import Grader
from autograder.release.build import build_release

ASSIGNMENT = "batchnorm"
ROOT = Path(__file__).parent.parent
STUDENTS, STOCK_STUDENTS = 100, 12
REPEATS = 7
NEEDED_RATIO = 10.0
AIM = 15.0
CELLS_BUDGET, ENGINE_BUDGET, COORDINATOR_BUDGET, START_BUDGET = 1.8, 0.15, 0.015, 1.0
"""CPU seconds: all cells of a solved submission; everything else but NumPy inside checks; the one
process that writes everything down, a submission; a worker's start."""
COORDINATED = 40
"""Submissions that the coordinator is measured on."""


def main() -> int:
    """Print both parts; status 1 if ours is not fast enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=STUDENTS)
    parser.add_argument("--stock", type=int, default=STOCK_STUDENTS, help="graded by nbgrader")
    asked = parser.parse_args()
    students, few = asked.students, min(asked.stock, asked.students)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ours = our_course(Path(folder) / "ours")
        hand_in(ours.root, students)
        stock = stock_course(Path(folder) / "stock", ours, few)
        again = shutil.copytree(ours.root, Path(folder) / "again")
        good = against_nbgrader((ours.root, again), stock, students, few)
        budget(ours)
        return 0 if good else 1


def our_course(root: Path) -> Course:
    """A copy of this course, released."""
    root.mkdir()
    for name in ("source", "datasets"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("results", ".*"))
    shutil.copy(ROOT / "nbgrader_config.py", root)
    course = Course(root)
    build_release(course, ASSIGNMENT, execute="never")
    return course


def stock_course(root: Path, ours: Course, few: int) -> Path:
    """The same source and some of the submissions in a course that nbgrader has made itself."""
    root.mkdir()
    for name in ("source", "datasets"):
        shutil.copytree(ours.root / name, root / name)
    for folder in sorted((ours.root / "submitted").iterdir())[:few]:
        shutil.copytree(folder, root / "submitted" / folder.name)
    # Its cells ask for the data: stock nbgrader would leave the pictures at home.
    release = ours.release(ASSIGNMENT)
    shutil.copytree(release / "datasets", root / "source" / ASSIGNMENT / "datasets")
    (root / "nbgrader_config.py").write_text(
        'c = get_config()\nc.CourseDirectory.course_id = "bench"\nc.Execute.timeout = 600\n'
    )
    run(root, "-m", "nbgrader", "generate_assignment", ASSIGNMENT)
    return root


def hand_in(root: Path, students: int) -> None:
    """Solved submissions, outputs and all, each with a comment of its own."""
    folder = ROOT / "solutions" / ASSIGNMENT
    solved = {path.name: nbformat.read(path, as_version=4) for path in notebook_paths(folder)}
    for number in range(students):
        folder = root / "submitted" / f"student{number:02}" / ASSIGNMENT
        folder.mkdir(parents=True)
        for name, notebook in solved.items():
            for cell in notebook.cells:
                cell.source = without_markers(cell.source)
            own = nbformat.from_dict(notebook)
            answer = next(c for c in own.cells if c.id.endswith("_answer"))
            before = answer.source
            answer.source = f"# student {number}\n{before}"
            nbformat.write(own, folder / name)
            answer.source = before


def run(folder: Path, *command: str) -> float:
    """Wall seconds of a Python command in a folder; raises if it fails."""
    began = time.perf_counter()
    # For a new gradebook nbgrader starts `alembic`, and looks for it on the PATH only.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stderr[-2000:]}")
    return wall


def against_nbgrader(ours: tuple[Path, Path], stock: Path, students: int, few: int) -> bool:
    """Grade the class both ways; returns whether ours is fast enough."""
    print(
        f"1. {students} solved submissions of two notebooks, {few} of them for nbgrader, "
        f"{os.cpu_count()} processors, load {load()}"
    )
    before = grade(ours[0], students)
    there = run(stock, "-m", "nbgrader", "autograde", ASSIGNMENT)
    print(f"   nbgrader autograde    {there:7.1f} s   {there / few:6.2f} s each")
    after = grade(ours[1], students)
    ratio = (there / few) / ((before + after) / 2 / students)
    needed = f"at least {NEEDED_RATIO:g} needed, {AIM:g} the aim"
    print(f"   ratio                 {ratio:7.1f}     ({needed}; load {load()})")
    return ratio >= NEEDED_RATIO


def grade(course: Path, students: int) -> float:
    """Wall seconds of `autograder grade` on a class that was not graded before."""
    here = run(course, "-m", "autograder.cli", "grade", ASSIGNMENT)
    print(f"   autograder grade      {here:7.1f} s   {here / students:6.2f} s each")
    return here


def load() -> str:
    """How many processes wanted to run in the last minute: `make bench` itself keeps all busy."""
    return f"{os.getloadavg()[0]:.1f}"


def budget(course: Course) -> None:
    """Tell the CPU seconds of one more submission in a warm grader apart."""
    submission = light(course)
    recorded = course.root / "submitted" / "student00" / ASSIGNMENT
    with Grader(course, ASSIGNMENT) as grader:
        grader.grade(recorded)
        numerics = numpy_in_checks(course)
        spent = [spend(grader, submission) for _ in range(REPEATS)]
        usual = median(each.total for each in spent)
        own = [spend(grader, own_settings(submission, n)).total for n in range(REPEATS)]
        records = [spend(grader, recorded).total for _ in range(REPEATS)]
    cells = [each.cells for each in spent]
    engine = [each.total - each.cells - numerics for each in spent]
    print(f"2. One more solved submission, warm, CPU seconds (median of {REPEATS})")
    print(f"   its cells             {median(cells):7.2f}     (at most {CELLS_BUDGET:g})")
    print(f"   NumPy inside checks   {numerics:7.2f}")
    print(f"   the engine            {median(engine):7.2f}     (at most {ENGINE_BUDGET:g})")
    each = coordinator(course.root.parent)
    print(f"   the coordinator       {each:7.3f}     (at most {COORDINATOR_BUDGET:g})")
    print(f"   a worker's start      {start(course):7.2f}     (at most {START_BUDGET:g}, once)")
    print("   beside these, where a submission has them:")
    print(f"   settings of its own   {median(own) - usual:7.2f}     (one training)")
    print(f"   records               {median(records) - usual:7.2f}     (three are repeated)")
    print(
        "   The engine is this process, the zygote and the submission's processes by the kernel's\n"
        "   account, less the cells (by their own clock) and the bodies of the numerics checks,\n"
        "   which are run here once more on the reference, without sandbox and without pytest."
    )


def coordinator(folder: Path) -> float:
    """CPU seconds of the process that writes everything down, a submission."""
    import bench_coordinator  # noqa: PLC0415 - it builds on this module

    own = folder / "coordinator"
    own.mkdir()
    bench_coordinator.record(own)
    found = bench_coordinator.ran(own, COORDINATED, 2, 0.0)
    return float(found["loop"]) / COORDINATED


def start(course: Course) -> float:
    """CPU seconds of a process that does nothing but get a grader ready, its sandbox included."""
    code = (
        "import sys; from pathlib import Path\n"
        "from autograder.startup import collect_seldom, skip_uri_grammar\n"
        "skip_uri_grammar(); collect_seldom()\n"
        "from autograder.course.course import Course\n"
        "from autograder.grading.grade import Grader\n"
        "import resource, os\n"
        "with Grader(Course(Path(sys.argv[1])), sys.argv[2]): pass\n"
        "spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, "
        "resource.RUSAGE_CHILDREN)]\n"
        "print(sum(each.ru_utime + each.ru_stime for each in spent))"
    )
    command = [sys.executable, "-c", code, str(course.root), ASSIGNMENT]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


class Spent(NamedTuple):
    """CPU seconds of one submission."""

    cells: float
    total: float


def spend(grader: Grader, submission: Path) -> Spent:
    """Grade a submission and count."""
    here, warm = time.process_time(), descendants_cpu()
    graded = grader.grade(submission)
    own = time.process_time() - here + descendants_cpu() - warm
    cells = sum(run.cpu_seconds for runs in graded.runs.values() for run in runs)
    return Spent(cells, own + graded.cpu_seconds)


def own_settings(submission: Path, number: int) -> Path:
    """The submission with a learning rate that nobody else has: settings are trained with once."""
    folder = submission.with_name(f"{submission.name}{number}")
    shutil.copytree(submission, folder)
    path = folder / "fully_connected_nets.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (answer,) = (cell for cell in notebook.cells if cell.id == "train_two_layer_net_answer")
    answer.source += f"\nsettings['learning_rate'] *= 1 + {number + 1} / 1000\n"
    nbformat.write(notebook, path)
    return folder


def light(course: Course) -> Path:
    """A solved submission without records of experiments, which checks would repeat."""
    folder = course.root / "light"
    shutil.copytree(course.root / "submitted" / "student00" / ASSIGNMENT, folder)
    for path in folder.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        nbformat.write(notebook, path)
    return folder


def numpy_in_checks(course: Course) -> float:
    """CPU seconds of the bodies of all checks of functions and nets, on the reference."""
    found = find(course, ASSIGNMENT)
    checks, trusted = Checks(found.checks()), Trusted(found)
    code = [q.id for q in found.questions if q.kind == "code" and q.id != "train_two_layer_net"]
    spent = []
    for _ in range(REPEATS):
        began = time.process_time()
        for question in code:
            memory: dict[str, object] = {}  # the checks of a question ask for a wide input once
            for check in checks.of(question):
                student = trusted.student(found.namespace(), memory=memory)
                run_check(check, student, course.secret(), found.release)
        spent.append(time.process_time() - began)
    return median(spent)


def descendants_cpu() -> float:
    """CPU seconds of this process's descendants and of the children they have waited for."""
    parents: dict[int, list[tuple[int, int]]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks = sum(map(int, fields[11:15]))
            parents.setdefault(int(fields[1]), []).append((int(folder.name), ticks))
    found, todo = 0, [os.getpid()]
    while todo:
        for pid, ticks in parents.get(todo.pop(), ()):
            found += ticks
            todo.append(pid)
    return found / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    raise SystemExit(main())
