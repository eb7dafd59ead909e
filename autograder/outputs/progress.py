"""How far a run over a class is: a bar on a terminal, a line per submission in a log."""

from __future__ import annotations

from typing import Protocol, Self

from rich import progress as bars
from rich.markup import escape

from autograder.model import Grade, Status
from autograder.outputs.console import Console


class Progress(Protocol):
    """Who is told about a run over a class; a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def begin(self, total: int, known: int) -> None:
        """There are `total` submissions, `known` of which have not changed."""
        ...

    def expect(self, sentence: str) -> None:
        """How long it is going to take, as far as that is known."""
        ...

    def advance(self, student: str, grade: Grade) -> None:
        """One submission is graded and in the gradebook."""
        ...

    def note(self, sentence: str) -> None:
        """Something happened that a person should know."""
        ...


def terminal_progress(console: Console | None = None) -> Progress:
    """A bar if `console` (stderr by default) is a terminal, else plain lines."""
    console = console or Console(stderr=True)
    return BarProgress(console) if console.is_terminal else LineProgress(console)


class BarProgress:
    """A bar with the time left, and the latest submission beside it."""

    def __init__(self, console: Console) -> None:
        self._bar = bars.Progress(
            bars.TextColumn("grading"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TimeRemainingColumn(elapsed_when_finished=True),
            bars.TextColumn("{task.description}", style="dim"),
            console=console,
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, total: int, known: int) -> None:
        """Start the bar where an earlier run ended."""
        said = "warming up" if known < total else "nothing has changed"
        self._task = self._bar.add_task(said, total=total, completed=known)

    def advance(self, student: str, grade: Grade) -> None:
        """Move the bar on."""
        said = f"{escape(student)}: {points(grade)}"
        self._bar.update(self._task, advance=1, description=said)

    def expect(self, sentence: str) -> None:
        """Print above the bar."""
        self.note(sentence)

    def note(self, sentence: str) -> None:
        """Print above the bar."""
        self._bar.console.print(escape(sentence))


class LineProgress:
    """One line for each submission, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._done = self._total = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def begin(self, total: int, known: int) -> None:
        """Say what is to be done."""
        self._done, self._total = known, total
        unchanged = f", {known} have not changed" if known else ""
        self._print(f"{total} submissions{unchanged}")

    def advance(self, student: str, grade: Grade) -> None:
        """Print one line."""
        self._done += 1
        self._print(f"[{self._done}/{self._total}] {student}: {points(grade)}")

    def expect(self, sentence: str) -> None:
        """Print one line."""
        self.note(sentence)

    def note(self, sentence: str) -> None:
        """Print one line."""
        self._print(sentence)

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class Silent:
    """Tells nobody."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def begin(self, total: int, known: int) -> None:
        """Say nothing."""

    def advance(self, student: str, grade: Grade) -> None:
        """Say nothing."""

    def expect(self, sentence: str) -> None:
        """Say nothing."""

    def note(self, sentence: str) -> None:
        """Say nothing."""


def points(grade: Grade) -> str:
    """A grade in a few words; open points are those a person still gives."""
    if grade.status is Status.WITHHELD or grade.score is None:
        return "withheld"
    bonus = f" + {grade.extra_credit:g}" if grade.extra_credit else ""
    waiting = sum(score.max_score for score in grade.questions if score.score is None)
    late = f"{grade.late_penalty:g} off for being late" if grade.late_penalty else ""
    notes = ", ".join(filter(None, (late, f"{waiting:g} open" if waiting else "")))
    rest = f" ({notes})" if notes else ""
    return f"{grade.score:g} of {grade.max_score:g}{bonus}{rest}"
