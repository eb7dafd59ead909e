"""What does a submission cost the one process that writes everything down, and does that grow?

    python benchmarks/bench_coordinator.py                          (all of it, about a minute)
    python benchmarks/bench_coordinator.py --sizes 10 100 --no-plot (a quick look)

Nothing is graded here: worker processes return what a real worker once said of a solved submission,
at once, or after as long as grading takes. All else is a real run of `autograder grade`: ledger,
gradebook, `autograded/`. Each size is a class and a process of its own. Prints the tables of
docs/measurements.md and draws docs/images/coordinator.png.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.classroom.worker import Task

# Every worker process imports this module: what is large is imported where it is used.

ASSIGNMENT = "batchnorm"
SIZES = (10, 30, 100, 300, 1000, 2000)
CORES, GRADING_SECONDS = 60, 0.5
"""So many workers, each of which takes so long, are what one coordinator has to keep busy."""
ROUNDS = 20
MOST_MEGABYTES = 150
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "coordinator.png"


def main() -> int:
    """Print the tables; status 1 if the coordinator needs more memory than it may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--no-plot", action="store_true")
    parser.add_argument("--one", nargs=4, metavar=("FOLDER", "SIZE", "JOBS", "SECONDS"))
    asked = parser.parse_args()
    if asked.one:
        folder, size, jobs, seconds = asked.one
        print(json.dumps(measure(Path(folder), int(size), int(jobs), float(seconds))))
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        record(folder)
        print("| submissions | coordinator, CPU ms each | start and end, CPU s | unshared MB |")
        print("| --- | --- | --- | --- |")
        found = [told(folder, size, 2, 0.0) for size in asked.sizes]
        busy = told(folder, ROUNDS * CORES, CORES, GRADING_SECONDS)
    share = busy["size"] * GRADING_SECONDS / CORES / busy["seconds"]
    print(
        f"{CORES} workers that take {GRADING_SECONDS:g} s for a submission were busy for "
        f"{share:.0%} of {busy['seconds']:.1f} s."
    )
    if not asked.no_plot:
        draw(found)
    return 0 if max(each["megabytes"] for each in [*found, busy]) <= MOST_MEGABYTES else 1


def record(folder: Path) -> None:
    """Have a real worker grade one solved submission, and keep what it says."""
    import msgspec  # noqa: PLC0415
    from bench_grading import hand_in, our_course  # noqa: PLC0415

    from autograder.classroom.packing import code_digest  # noqa: PLC0415
    from autograder.classroom.worker import Setting, Task, grade_here  # noqa: PLC0415
    from autograder.gradebook.autograded import course_files  # noqa: PLC0415

    course = our_course(folder / "course")
    hand_in(course.root, 1)
    setting = Setting(ASSIGNMENT, "bubblewrap", code_digest(), str(course.root), course.secret())
    submitted = course.root / "submitted" / "student00" / ASSIGNMENT
    given = tuple(course_files(course, ASSIGNMENT))
    task = Task(str(submitted), str(folder / "laid out"), given)
    said = grade_here(msgspec.msgpack.encode(setting), msgspec.msgpack.encode(task))
    (folder / "said").write_bytes(said)


def told(folder: Path, size: int, jobs: int, seconds: float) -> dict[str, Any]:
    """What a fresh process says of a class; a row of the table is printed."""
    found = ran(folder, size, jobs, seconds)
    each = 1000 * found["loop"] / size
    print(f"| {size:,} | {each:.1f} | {found['rest']:.2f} | {found['megabytes']:.0f} |", flush=True)
    return found


def ran(folder: Path, size: int, jobs: int, seconds: float) -> dict[str, Any]:
    """What a fresh process says of a class."""
    command = [sys.executable, __file__, "--one", str(folder), str(size), str(jobs), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(folder: Path, size: int, jobs: int, seconds: float) -> dict[str, Any]:
    """Run over a class of this size, in this process."""
    from autograder.classroom import batch, class_run  # noqa: PLC0415
    from autograder.course.course import Course  # noqa: PLC0415
    from autograder.outputs.progress import Silent  # noqa: PLC0415
    from autograder.startup import collect_seldom, skip_uri_grammar  # noqa: PLC0415

    skip_uri_grammar()
    collect_seldom()
    course = Course(folder / f"class{size}-{jobs}")
    _class(folder / "course", course.root, size)
    spent: list[float] = []
    real = class_run.ClassRun.grade

    def grade(*args: Any) -> None:
        began, clock = time.process_time(), time.monotonic()
        real(*args)
        spent.extend((time.process_time() - began, time.monotonic() - clock))

    vars(batch)["LocalWorkers"] = lambda *_, **__: Recorded(folder / "said", jobs, seconds)
    type.__setattr__(class_run.ClassRun, "grade", grade)
    began = time.process_time()
    result = batch.grade_class(course, ASSIGNMENT, jobs=jobs, progress=Silent())
    rest = time.process_time() - began - spent[0]
    assert len(result.fresh) == size, result.staff_notes
    megabytes = unshared()
    shutil.rmtree(course.root)
    return {
        "size": size,
        "loop": spent[0],
        "seconds": spent[1],
        "rest": rest,
        "megabytes": megabytes,
    }


def _class(original: Path, root: Path, size: int) -> None:
    """A copy of the released course in which `size` students have handed in the same files."""
    left = shutil.ignore_patterns("submitted", ".autograder")
    shutil.copytree(original, root, ignore=left)
    submitted = original / "submitted" / "student00" / ASSIGNMENT
    for number in range(size):
        folder = root / "submitted" / f"student{number:04}" / ASSIGNMENT
        folder.mkdir(parents=True)
        for path in submitted.iterdir():
            os.link(path, folder / path.name)


class Recorded:
    """Worker processes that know the answer."""

    broken = (BrokenProcessPool,)

    def __init__(self, said: Path, jobs: int, seconds: float) -> None:
        self.width = self.at_once = jobs
        self._told = str(said), seconds
        context = multiprocessing.get_context("forkserver")
        self._pool = ProcessPoolExecutor(jobs, context)
        for future in [self._pool.submit(time.sleep, 0.2) for _ in range(jobs)]:
            future.result()  # all of them are there before the clock starts

    def submit(self, task: Task) -> Future[bytes]:
        """Let a process say what is known."""
        return self._pool.submit(answer, *self._told, task.target)

    def look(self) -> tuple[str, ...]:
        """There is nothing to say of them."""
        return ()

    def restart(self) -> None:
        """None of them dies."""

    def close(self) -> None:
        """Let them end."""
        self._pool.shutdown()

    stop = close


def answer(said: str, seconds: float, target: str) -> bytes:
    """Take as long as grading would, write what it wrote beside `target`, and say what it said.

    As links: all workers share this machine's few cores with the coordinator, which is measured.
    """
    import msgspec  # noqa: PLC0415

    until = time.monotonic() + seconds
    result = msgspec.msgpack.decode(Path(said).read_bytes())
    ready = Path(target).with_name(f".{Path(target).name}.{os.getpid()}.new")
    shutil.copytree(result["ready"], ready, copy_function=os.link)
    time.sleep(max(0.0, until - time.monotonic()))
    return msgspec.msgpack.encode(result | {"ready": str(ready)})


def unshared() -> float:
    """Megabytes of this process that no other one shares."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("Private_")]
    return sum(kilobytes) / 1000


def draw(found: list[dict[str, Any]]) -> None:
    """Draw what a submission costs, and what memory a class takes, against the class's size."""
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    sizes = [each["size"] for each in found]
    left.plot(sizes, [1000 * each["loop"] / each["size"] for each in found], "o-")
    right.plot(sizes, [each["megabytes"] for each in found], "o-")
    right.axhline(MOST_MEGABYTES, color="0.5", ls="--")
    for axes, title in ((left, "CPU ms of the coordinator a submission"), (right, "unshared MB")):
        axes.set(xscale="log", xlabel="submissions", title=title, ylim=(0, None))
    figure.savefig(PICTURE, dpi=120)


if __name__ == "__main__":
    raise SystemExit(main())
