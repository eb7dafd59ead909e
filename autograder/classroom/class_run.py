"""What one run over a class knows and writes: the only writer of ledger and gradebook."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.classroom.dispatch import Answer, dispatch
from autograder.classroom.ledger import SUBMISSION, Ledger, Version
from autograder.classroom.once import Once
from autograder.classroom.packing import (
    code_digest,
    decode_outcome,
    digest,
    encode_graded,
    files_digest,
    pack_course,
    parts_of,
)
from autograder.classroom.recorded import odd_folders
from autograder.classroom.run_log import ENOUGH_TIMED, RunLog, foretold
from autograder.classroom.worker import Task
from autograder.classroom.workers import Workers
from autograder.course.course import Course
from autograder.course.questions import questions_of
from autograder.errors import UsageError, full_disk, is_full_disk
from autograder.gradebook.place import place_of
from autograder.gradebook.work import Work
from autograder.grading.graded import Outcome
from autograder.grading.withholding import UNWRITTEN, withheld
from autograder.model import ClassResult, Grade, Regraded, Status
from autograder.outputs.changed import changed_parts, is_another
from autograder.outputs.progress import Progress
from autograder.outputs.staff import write_staff_notes
from autograder.sandbox.launch import Backend
from autograder.startup import keep

if TYPE_CHECKING:
    from autograder.gradebook.stored import Stored


class ClassRun:
    """One run over a class: what is known, what is graded, and where it is written.

    Args:
        course: the course.
        assignment: the assignment's name.
        sandbox: the back end.
        folders: the submissions, by student.
        ledger: the open ledger.
        log: what happens is written there.
        dry: write nothing.
    """

    def __init__(
        self,
        course: Course,
        assignment: str,
        sandbox: Backend,
        folders: dict[str, Path],
        ledger: Ledger,
        log: RunLog,
        dry: bool,
    ) -> None:
        self._course = course
        self._assignment = assignment
        self._folders = folders
        self._ledger = ledger
        self._log = log
        self._dry = dry
        # All that a grade depends on besides the submission itself.
        self._parts = parts_of(pack_course(course, assignment))
        self._parts["the autograder"] = digest(code_digest().encode(), sandbox.encode())
        self._frame = digest(*(part.encode() for part in self._parts.values())).encode()
        self._questions = questions_of(course, assignment)
        self._regraded: dict[str, Regraded] = {}
        self._grades: dict[str, Grade] = {}
        self._once = Once()
        self._staff_notes: dict[str, tuple[str, ...]] = {}
        self._times: dict[str, float] = {}

    def sort_out(self, *, force: bool) -> list[str]:
        """Take over what the ledger knows; returns the students that must be graded."""
        todo: list[str] = []
        for student, folder in self._folders.items():
            entry = self._ledger.get(student)
            current = entry is not None and entry.digest == self._key(files_digest(folder))
            known = decode_outcome(entry.graded) if entry is not None and current else None
            if force or known is None or known.grade.status is Status.WITHHELD:
                todo.append(student)
            else:
                self._keep(student, known)
        return todo

    @contextmanager
    def gradebook(self) -> Iterator[None]:
        """Open the gradebook, and write into it what the ledger knows and it does not."""
        # It takes a second to import; the workers warm up meanwhile.
        from autograder.gradebook.late import to_settle  # noqa: PLC0415
        from autograder.gradebook.rows import open_gradebook  # noqa: PLC0415
        from autograder.gradebook.writing import Writer  # noqa: PLC0415

        keep()
        with open_gradebook(self._course, self._assignment) as self._gradebook:
            own = self._course, self._assignment, self._questions
            self._writer = Writer(*own, self._gradebook)
            folders = {student: self._folders[student] for student in self._grades}
            in_book = to_settle(self._course, self._gradebook, self._assignment, folders)
            kept: list[str] = []
            for student in list(self._grades):
                entry = self._ledger.get(student)
                if entry is not None and entry.written and student in in_book:
                    kept.append(student)
                elif entry is not None:
                    # Of what never got there, the gradebook may have an earlier date.
                    grade, folder = self._grades[student], folders[student]
                    if not self._dry:
                        self._write(Work(student, grade, entry.graded, folder, entry.written))
            self._settle({student: in_book[student] for student in kept})
            yield

    def _settle(self, kept: dict[str, bool]) -> None:
        """Take over what the gradebook says of grades that have not changed, late or not by now."""
        from autograder.gradebook.late import note_lateness  # noqa: PLC0415 - as above
        from autograder.gradebook.settled import settled, standings  # noqa: PLC0415 - as above

        for student in [] if self._dry else [name for name, asks in kept.items() if asks]:
            at = self._folders[student]
            try:
                row = self._gradebook.find_submission(self._assignment, student)
                note_lateness(self._course, self._gradebook, row, at, same=True)
                self._gradebook.db.commit()
            except UsageError:  # every student would meet it
                raise
            except Exception as error:
                if is_full_disk(error):
                    raise full_disk(error) from error
                self._leave_out(student)
                del kept[student]
        self._known = standings(self._gradebook, self._assignment)
        for student in kept:
            self._grades[student] = settled(self._grades[student], self._known[student])

    def grade(self, todo: Sequence[str], workers: Workers, told: Progress) -> None:
        """Grade `todo`; what has come back is in ledger and gradebook before more is looked at."""

        def note(sentence: str) -> None:
            told.note(sentence)
            self._log.tell(sentence)

        if not self._dry:
            self._ledger.begin_run()
        timed, left = self._ledger.times(), dict.fromkeys(todo)
        told.expect(foretold(timed, left, workers.at_once))
        for answers in dispatch(todo, self._task, workers, note):
            self._take_over(answers)
            for answer in answers:
                del left[answer.student]
                told.advance(answer.student, self._grades[answer.student])
                self._log.graded(answer, self._grades[answer.student])
            enough = len(self._times) - len(answers) < ENOUGH_TIMED <= len(self._times)
            if not timed and enough and len(left) > ENOUGH_TIMED:
                told.expect(foretold(self._times, left, workers.at_once))

    def _take_over(self, answers: Sequence[Answer]) -> None:
        """Take over what came back, and write it down; of several at once in few transactions."""
        works: list[Work] = []
        with nullcontext() if self._dry else self._ledger.together():
            for answer in answers:
                student, result = answer.student, answer.result
                graded = result.graded or self._failed(result.reason, result.traceback)
                self._times[student] = result.seconds
                grade = self._keep(student, decode_outcome(graded))
                before = self._ledger.last(student)
                version = self._version(result.files, grade)
                if before is not None:
                    self._compare(student, before, version)
                if self._dry:
                    continue
                entry = self._ledger.get(student)
                another = None if before and before.says_the_same(version) else version
                self._ledger.put(student, self._key(version.files), graded, another, result.seconds)
                known = entry is not None and entry.written
                same = known and before is not None and before.files == version.files
                own = self._folders[student], same, result.digests, result.autograded, result.ready
                works.append(Work(student, grade, graded, *own))
        if len(works) < 2 or not self._write_together(works):
            for work in works:
                self._write(work)

    def _failed(self, reason: str, details: str) -> bytes:
        return encode_graded(withheld(self._course, self._assignment, reason, details))

    def _version(self, files: str, grade: Grade) -> Version:
        own = {SUBMISSION: files} if files else {}
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        return Version(now, own | self._parts, grade)

    def _compare(self, student: str, before: Version, now: Version) -> None:
        """Note what grading again has changed, beside what a person entered."""
        from autograder.gradebook.settled import Standing, foreseen  # noqa: PLC0415 - as above

        standing = self._known.get(student, Standing())
        old, new = foreseen(before.grade, standing), foreseen(now.grade, standing)
        if self._dry:
            self._grades[student] = new
        if is_another(old, new):
            why = changed_parts(before.parts, now.parts)
            self._regraded[student] = Regraded(old, new, why)

    def _task(self, student: str) -> Task:
        folder = str(self._folders[student])
        if self._dry:
            return Task(folder)
        target = place_of(self._course, student, self._assignment)
        return Task(folder, str(target), tuple(self._writer.given))

    def _keep(self, student: str, outcome: Outcome) -> Grade:
        """Know a student's grade, which is returned, and what is to be told to staff."""
        self._grades[student] = self._once.shared(outcome.grade)
        if outcome.staff_notes:
            self._staff_notes[student] = outcome.staff_notes
        return self._grades[student]

    def _write_together(self, works: Sequence[Work]) -> bool:
        """Write several to the gradebook; if that fails, one by one it shows whose fault it is."""
        try:
            stored = self._writer.write_together(works)
        except UsageError:  # the gradebook is at fault, so every student would meet it
            raise
        except Exception as error:
            if is_full_disk(error):
                raise full_disk(error) from error
            return False
        self._written(stored)
        return True

    def _write(self, work: Work) -> None:
        """Write to the gradebook; a submission that cannot be written touches no other."""
        try:
            stored = self._writer.write(work)
        except UsageError:  # as above
            raise
        except Exception as error:
            if is_full_disk(error):
                raise full_disk(error) from error
            self._leave_out(work.student)
        else:
            self._written({work.student: stored})

    def _written(self, stored: Mapping[str, Stored]) -> None:
        """Note what the gradebook has, and take over what it says."""
        from autograder.gradebook.settled import settled, standing_of  # noqa: PLC0415 - as above

        with self._ledger.together():
            for student in stored:
                self._ledger.mark_written(student)
        for student, rows in stored.items():
            own = settled(self._grades[student], standing_of(rows))
            self._grades[student] = self._once.shared(own)

    def _leave_out(self, student: str) -> None:
        """Withhold a grade that cannot be written, and keep the reason for staff."""
        self._gradebook.db.rollback()
        note = f"Graded, but not written to the gradebook:\n{traceback.format_exc()}"
        self._staff_notes[student] = (*self._staff_notes.get(student, ()), note)
        self._grades[student] = withheld(self._course, self._assignment, UNWRITTEN).grade

    def _key(self, handed_in: str) -> str:
        return digest(self._frame, handed_in.encode()) if handed_in else ""

    def result(self, seconds: float) -> ClassResult:
        """What is known now."""
        known = {name: self._grades[name] for name in self._folders if name in self._grades}
        odd, ungraded = odd_folders(self._course, self._assignment, self._folders)
        staff_file = self._course.root / ".autograder" / f"staff-notes-{self._assignment}.txt"
        if not self._dry:
            write_staff_notes(self._staff_notes, staff_file)
        return ClassResult(
            assignment=self._assignment,
            grades=known,
            fresh=tuple(sorted(self._times)),
            waiting=tuple(name for name in self._folders if name not in known),
            staff_notes=self._staff_notes,
            staff_file=staff_file,
            seconds=seconds,
            folders=odd,
            ungraded=ungraded,
            regraded=dict(sorted(self._regraded.items())),
            dry=self._dry,
            times=self._times,
            log=self._log.path,
        )
