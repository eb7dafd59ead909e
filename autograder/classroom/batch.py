"""Grade a whole class: many workers, one writer, and a ledger that survives a kill.

    submitted/ -> tasks -> workers -> ledger -> gradebook

A task is a submission: a folder, or its bytes for a worker elsewhere (see `worker`). Only this
process writes the ledger and the gradebook; what belongs in `autograded/` a local worker writes
beside its place, and this process puts it there. A submission that goes on breaking workers is
withheld (see `dispatch`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack

from autograder.classroom.class_run import ClassRun
from autograder.classroom.dask_workers import DaskWorkers
from autograder.classroom.ledger import Ledger, ledger_path
from autograder.classroom.run_log import RunLog, new_log
from autograder.classroom.workers import LocalWorkers, Workers, default_jobs
from autograder.course.course import Course
from autograder.course.questions import refuse_unreleased
from autograder.errors import UsageError
from autograder.gradebook.place import clear_beside, place_of
from autograder.model import ClassResult
from autograder.outputs.progress import Progress, terminal_progress
from autograder.sandbox.launch import Backend
from autograder.submission.folders import find_submissions


def grade_class(
    course: Course,
    assignment: str,
    *,
    students: Sequence[str] | None = None,
    jobs: int | None = None,
    dask: str | None = None,
    force: bool = False,
    sandbox: Backend = "bubblewrap",
    progress: Progress | None = None,
    dry: bool = False,
) -> ClassResult:
    """Grade `submitted/<student>/<assignment>` of all students into the gradebook.

    Args:
        course: the course whose submissions are graded.
        assignment: the assignment's name.
        students: only these; all by default.
        jobs: worker processes; the number of processors by default.
        dask: address of a Dask scheduler that does the work instead.
        force: grade again what has not changed.
        sandbox: `bubblewrap`, or `none` for no protection.
        progress: who is told; by default the terminal, on stderr.
        dry: write nothing, and only say how long it would take and what would change.

    Raises:
        UsageError: if there is nothing to grade, or something asked for is not there.
        SandboxUnavailable: if submissions cannot be isolated where they would run.
    """
    began = time.monotonic()
    if jobs is not None and jobs < 1:
        raise UsageError(f"{jobs} jobs cannot grade anything; give 1 or more.")
    folders = find_submissions(course, assignment, students)
    refuse_unreleased(course, assignment)
    course.secret()  # before there is a ledger, since beside one a lost secret is not replaced
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger(ledger_path(course, assignment)))
        log = RunLog(None) if dry else new_log(course, assignment)
        run = ClassRun(course, assignment, sandbox, folders, ledger, log, dry)
        todo = run.sort_out(force=force)
        width = min(jobs or default_jobs(), len(todo))
        workers: Workers | None = None
        try:
            with log.ending():
                if todo and dask:
                    workers = DaskWorkers(course, assignment, sandbox=sandbox, address=dask)
                elif todo:
                    workers = LocalWorkers(course, assignment, sandbox=sandbox, jobs=width)
                stack.enter_context(run.gradebook())
                told = stack.enter_context(progress or terminal_progress())
                told.begin(len(folders), len(folders) - len(todo))
                by = f"by the workers of {dask}" if dask else f"{width} at once"
                log.tell(f"{len(folders)} submissions, {len(todo)} to grade, {by}.")
                if workers is not None:
                    run.grade(todo, workers, told)
                    workers.close()
        except BaseException as error:
            if workers is not None:
                workers.stop()
                for student in [] if dry else todo:
                    clear_beside(place_of(course, student, assignment))
            if not isinstance(error, KeyboardInterrupt):
                raise
        return run.result(time.monotonic() - began)
