"""What each step of `autograder.startup` saves, in CPU seconds of a fresh process.

    python benchmarks/measure_startup.py

prints the table that stands in `autograder/startup.py`: with the step, without it, and the
difference. The least of three runs each, since whatever else the machine does only adds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
RUNS = 3
QUICK = "from autograder import startup\nstartup.skip_uri_grammar(); startup.collect_seldom()\n"
GRADER = (
    "from pathlib import Path\nfrom autograder.course.course import Course\n"
    "from autograder.grading.grade import Grader\nfrom autograder.sandbox import bubblewrap\n"
    "from autograder.sandbox.session import SourceCell\n"
    f"course = Course(Path({str(ROOT)!r}))\n"
)
PLOT = "import matplotlib.pyplot as plt\\nplt.plot([3, 1]); plt.show()"
CELL = (
    "with Grader(course, 'batchnorm') as grader, grader._sandbox.session({}) as session:\n"
    f"    spent = session.run([SourceCell('a', '{PLOT}')])[0].cpu_seconds\n"
)
WORKER = "import autograder.classroom.preload\n"


class Step(NamedTuple):
    """One step: code that is measured with it and without it."""

    name: str
    with_it: str
    without: str


STEPS = (
    Step(
        "skip_uri_grammar",
        f"{QUICK}import autograder.classroom.packing",
        "from autograder import startup\nstartup.collect_seldom()\n"
        "import autograder.classroom.packing",
    ),
    Step(
        "collect_seldom",
        f"{QUICK}import autograder.classroom.packing",
        "from autograder import startup\nstartup.skip_uri_grammar()\n"
        "import autograder.classroom.packing",
    ),
    Step(
        "skip_server_extensions",
        f"{QUICK}startup.skip_server_extensions()\nimport nbgrader.api",
        f"{QUICK}import nbgrader.api",
    ),
    Step(
        "no collection in the zygote",
        f"{QUICK}{GRADER}with Grader(course, 'batchnorm'): pass",
        f"{QUICK}{GRADER}bubblewrap.BOOT = bubblewrap.BOOT.replace('gc.disable()', '')\n"
        "with Grader(course, 'batchnorm'): pass",
    ),
    Step(
        "UNUSED_PLUGINS",
        f"{QUICK}{GRADER}with Grader(course, 'batchnorm'): pass",
        f"{QUICK}{GRADER}from autograder.checking import collect\n"
        "collect.UNUSED_PLUGINS = ('terminal',)\n"
        "with Grader(course, 'batchnorm'): pass",
    ),
    Step("PRELOADED", QUICK, f"{QUICK}{WORKER}"),
    Step("no nbgrader in a worker", f"{QUICK}{WORKER}", f"{QUICK}{WORKER}import nbgrader.utils"),
    Step(
        "PLOTS and WARM_PLOTS, of a cell that plots",
        f"{QUICK}{GRADER}{CELL}",
        f"{QUICK}{GRADER}from autograder.assignment import Assignment\n"
        f"Assignment.warm = lambda self: ()\n{CELL}",
    ),
)
COUNT = (
    "\nimport resource\nwho = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)\n"
    "used = [resource.getrusage(each) for each in who]\n"
    "total = sum(each.ru_utime + each.ru_stime for each in used)\n"
    "print(globals().get('spent', total))"
)


def seconds(code: str) -> float:
    """The CPU seconds of a process that runs this code, or what it calls `spent`."""
    command = [sys.executable, "-c", code + COUNT]
    runs = [
        subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for _ in range(RUNS)
    ]
    return min(map(float, runs))


def main() -> None:
    """Print the table."""
    print("| step | with it | without | saves |\n| --- | --- | --- | --- |")
    for step in STEPS:
        with_it, without = seconds(step.with_it), seconds(step.without)
        saves = without - with_it
        print(f"| {step.name} | {with_it:.2f} | {without:.2f} | {saves:.2f} |", flush=True)


if __name__ == "__main__":
    main()
