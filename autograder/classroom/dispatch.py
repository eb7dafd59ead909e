"""Keep workers busy, and find out which submission kills them.

When a worker dies, each submission that was under way is a suspect. Suspects are tried
again one at a time, so that nobody else can be blamed or harmed; one that goes on breaking
workers when it is alone is given up.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

import msgspec

from autograder.classroom.worker import Task, TaskResult
from autograder.classroom.workers import Workers

LOOK_SECONDS = 5.0
"""How long to wait for an answer until workers are looked at."""
MOST_AT_ONCE = 32
"""Answers that are written down together: each is some hundred kilobytes."""
STRIKES = 3
"""Workers a submission may break on its own before it is given up."""


class Answer(msgspec.Struct, frozen=True):
    """What came back for one student."""

    student: str
    result: TaskResult


def dispatch(
    students: Sequence[str],
    task: Callable[[str], Task],
    workers: Workers,
    note: Callable[[str], None],
) -> Iterator[list[Answer]]:
    """Have all submissions graded; answers come as they are ready, as many as there are by then.

    Args:
        students: whose submissions.
        task: what a student's is.
        workers: who does it.
        note: told in a sentence when workers die, or are refused.
    """
    waiting, suspects, strikes = deque(students), deque[str](), Counter[str]()
    while waiting or suspects:
        alone = bool(suspects)
        batch = deque([suspects.popleft()]) if alone else waiting
        broke: list[str] = []
        yield from _round(batch, task, workers, broke, note, alone=alone)
        if not broke:
            continue
        workers.restart()
        strikes.update(broke if alone else ())
        for student in sorted(broke):
            if strikes[student] < STRIKES:
                suspects.append(student)
            else:
                reason = f"grading it ended {STRIKES} worker processes"
                yield [Answer(student, TaskResult(reason=reason))]
        note(f"A worker process died while it graded {', '.join(sorted(broke))}.")


def _round(
    waiting: deque[str],
    task: Callable[[str], Task],
    workers: Workers,
    broke: list[str],
    note: Callable[[str], None],
    *,
    alone: bool,
) -> Iterator[list[Answer]]:
    """Take from `waiting` until it is empty or a worker dies; `broke` then names the suspects."""
    under_way: dict[Future[bytes], str] = {}
    finished: deque[tuple[str, Future[bytes]]] = deque()

    def fill() -> None:
        for sentence in workers.look():
            note(sentence)
        width = 1 if alone else workers.width
        # What has come back is held in memory: no more of it than one for each that is under way.
        while waiting and not broke and len(under_way) < width and len(finished) <= width:
            student = waiting.popleft()
            try:
                under_way[workers.submit(task(student))] = student
            except workers.broken:
                broke.append(student)

    fill()
    while under_way or finished:
        patience = 0.0 if finished else LOOK_SECONDS
        done, _ = wait(under_way, timeout=patience, return_when=FIRST_COMPLETED)
        for future in done:
            student = under_way.pop(future)
            try:
                future.result()
            except workers.broken:
                broke.append(student)
            else:
                finished.append((student, future))
        fill()  # first, so that no worker waits while the answers are written down
        if finished:
            some = [finished.popleft() for _ in range(min(len(finished), MOST_AT_ONCE))]
            yield [Answer(student, _read(future)) for student, future in some]


def _read(future: Future[bytes]) -> TaskResult:
    return msgspec.msgpack.decode(future.result(), type=TaskResult)
