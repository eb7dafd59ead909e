"""The cause of a verdict in place of its shadow: why a name is not there, what a function reads.

A check sees only that a name is missing, or that values are wrong. What became of the cells, and
what stands in them, says why. Sentences are made of words of the student's own source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from autograder.checking.collect import Ran
from autograder.checking.faults import NotThere, Raised
from autograder.course.questions import Question
from autograder.grading import hints
from autograder.model import Verdict
from autograder.sandbox.errors import StudentRaised
from autograder.sandbox.places import PLACEHOLDER, Place
from autograder.sandbox.session import CellRun
from autograder.submission.frame import Cell, Notebook

ENDINGS = {
    "timeout": "used up its time",
    "dead": "ended the Python process",
    "skipped": "was not run, because those before it used up the time",
}
NOTHING = "raise NotImplementedError"
EMPTY = frozenset(["pass", "...", "return", "return None", NOTHING, f"{NOTHING}()"])
"""Lines that answer nothing."""
SYNTAX = ("SyntaxError", "IndentationError", "TabError")
MOST_READ = 8
"""Variables that are looked for in a source, of those that its process says it reads."""
IMPORTS = ("ImportError", "ModuleNotFoundError")


class Cause(msgspec.Struct, frozen=True):
    """Why a cell has not made what it should, as the end of a sentence, and what helps."""

    reason: str
    hint: str = ""
    cell: str = "its cell"
    """What the cell is called in sentences."""


class Notebooks(msgspec.Struct, frozen=True):
    """What is known of a submission's notebooks: the cells, and what became of them."""

    notebooks: Mapping[str, Notebook]
    runs: Mapping[str, Sequence[CellRun]]
    questions: Sequence[Question]

    def makers(self, name: str) -> Iterator[tuple[Cell, CellRun | None]]:
        """The cells that are to make a name, the answer's cell first, the last ones first."""
        answers = {q.answer for q in self.questions if q.defines == name}
        for notebook, written in self.notebooks.items():
            runs = {run.id: run for run in self.runs.get(notebook, ())}
            made = [c for c in reversed(written.cells) if c.type == "code" and _makes(c, name)]
            for cell in sorted(made, key=lambda cell: cell.id not in answers):
                yield cell, runs.get(cell.id)

    def why_missing(self, name: str) -> Cause | None:
        """Why a name is not there, if a cell says so."""
        for cell, run in self.makers(name):
            cause = cause_of(run, cell.source) if run is not None else None
            if cause is not None and cell.source == cell.handed_out:
                return msgspec.structs.replace(cause, cell=f"the course's own cell `{cell.id}`")
            if cause is not None:
                return cause
        return None

    def why_not_loaded(self, name: str) -> str:
        """Why an answer of another notebook is not there, if no cell of it failed."""
        makers = [cell for cell, _ in self.makers(name)]
        if makers and all(left_blank(cell) for cell in makers):
            return "which is not answered yet"
        notebook = next((q.notebook for q in self.questions if q.defines == name), "")
        if notebook and notebook not in self.notebooks:
            return f"but {notebook}.ipynb was not handed in, or cannot be read"
        if notebook and not makers:
            return f"which no cell of {notebook}.ipynb defines"
        return "which cannot be loaded from the other notebook"


def explained(ran: Ran, question: Question, known: Notebooks, reads: Sequence[str] = ()) -> Ran:
    """What came of a check, with the cause in place of its shadow.

    Args:
        ran: what came of it.
        question: whose check it is.
        known: the submission's notebooks.
        reads: variables of the notebook that the answer reads, as its process says.
    """
    outcome, fault = ran.outcome, ran.fault
    if fault is None or outcome.verdict not in (Verdict.FAILED, Verdict.RAISED, Verdict.MISSING):
        return ran
    message, hint, verdict = outcome.message, "", outcome.verdict
    if question.defines and _left_blank(question, known):
        message, verdict = f"`{question.defines}` is not answered yet.", Verdict.MISSING
    elif isinstance(fault, NotThere):
        message, hint = _not_there(fault, known)
    elif isinstance(fault, Raised) and isinstance(fault.__cause__, StudentRaised):
        message, hint = _raised(message, fault.__cause__, known)
        hint = hint or _reading(question, known, reads)
    elif outcome.misconception is None:
        hint = _reading(question, known, reads)
    changed = msgspec.structs.replace(
        outcome, message=message, hint=hint or outcome.hint, verdict=verdict
    )
    return msgspec.structs.replace(ran, outcome=changed)


def cause_of(run: CellRun, source: str) -> Cause | None:
    """Why a cell stopped before its end; None if it did not."""
    if run.status in ENDINGS:
        return Cause(ENDINGS[run.status])
    error = run.error
    if run.status != "error" or error is None:
        return None
    kind = error.type_name if error.type_name.isidentifier() else "an error"
    line = error.line or ""
    where = f" in line {error.lineno}, `{line}`" if line else ""
    if kind in SYNTAX:
        hint = hints.of_syntax(kind, error.message, line, source)
        return Cause(f"does not compile: {kind}{where}", hint)
    hint = hints.of_import(line) if kind in IMPORTS else hints.of_raised(kind, line, source)
    return Cause(f"stops before its end: {kind}{where}", hint)


def left_blank(cell: Cell) -> bool:
    """Whether nothing in an answer's cell is the student's own."""
    given = {line.strip() for line in (cell.handed_out or "").splitlines()}
    if not any(line.startswith(PLACEHOLDER) for line in given):
        return False
    lines = [line.strip() for line in cell.source.splitlines()]
    return all(not line or line[0] == "#" or line in given or line in EMPTY for line in lines)


def _left_blank(question: Question, known: Notebooks) -> bool:
    makers = list(known.makers(str(question.defines)))
    here = known.notebooks[question.notebook].cells
    return any(cell.id == question.answer for cell, _ in makers) and all(
        left_blank(cell) for cell, _ in makers if cell in here
    )


def _not_there(fault: NotThere, known: Notebooks) -> tuple[str, str]:
    name, message = fault.name, fault.message
    cause = known.why_missing(name)
    if fault.verdict is Verdict.RAISED:  # another answer calls it
        needs = message.split(", which ", maxsplit=1)[0]
        if cause is not None:
            return f"{needs}, whose cell {cause.reason}.", cause.hint
        error = fault.__cause__
        loaded = isinstance(error, StudentRaised) and error.places and error.places[0].file
        return (f"{needs}, {known.why_not_loaded(name)}." if loaded else message), ""
    if cause is not None and not message.endswith("not answered yet."):
        return f"`{name}` is not defined, because its cell {cause.reason}.", cause.hint
    return message, ""


def _raised(message: str, error: StudentRaised, known: Notebooks) -> tuple[str, str]:
    if error.type_name == "NameError" and error.name:
        return _not_made(message, error, known)
    own = next((place for place in error.places if not place.course), None)
    source = own.cell.source if own is not None and own.cell is not None else ""
    return message, hints.of_raised(error.type_name, error.line or "", source)


def _not_made(message: str, error: StudentRaised, known: Notebooks) -> tuple[str, str]:
    """What to say of a name that an answer misses."""
    name, cause = error.name, known.why_missing(error.name)
    needs = f"{message.split(' raised ', maxsplit=1)[0]} needs `{name}`"
    is_answer = any(name == question.defines for question in known.questions)
    if cause is not None and is_answer:
        return f"{needs}, whose cell {cause.reason}.", cause.hint
    if cause is not None:
        return f"{message[:-1]}, because {cause.cell} {cause.reason}.", cause.hint
    if any(known.makers(name)):
        return message, ""
    if is_answer:
        return f"{needs}, {known.why_not_loaded(name)}.", ""
    return message, hints.of_name(name) or _not_made_by(name, error.places[0])


def _not_made_by(name: str, place: Place) -> str:
    """What helps against a name that a function reads and no cell makes."""
    if place.cell is None:
        return ""
    header, function = _function_around(place.cell.source, place.lineno)
    if header and place.line.startswith("return") and name in re.split(r"[\s,]+", place.line):
        return f"`{header}` returns `{name}`, which it never makes."
    if not header or place.course:
        return ""
    if re.search(rf"\b{name}\(", place.line):
        return f"`{header}` calls `{name}`, which no cell of the notebook defines."
    return _reads(header, name, function)


def _reading(question: Question, known: Notebooks, reads: Sequence[str]) -> str:
    if not reads:
        return ""
    for cell, _ in known.makers(str(question.defines)):
        there = set(re.findall(r"\w+", cell.source))
        named = [name for name in reads if name in there]
        for name in named[:MOST_READ]:
            numbers = [n for n, line in enumerate(cell.source.splitlines(), start=1)
                       if re.search(rf"\b{name}\b", line)]  # fmt: skip
            header, function = _function_around(cell.source, numbers[-1])
            if header:
                return _reads(header, name, function)
    return ""


def _reads(function: str, name: str, source: str) -> str:
    what = f"`{function}` reads `{name}`, which is neither an argument nor made in it"
    return f"{what}: {hints.of_unmade(name, source)}"


def _function_around(source: str, lineno: int) -> tuple[str, str]:
    """The name of the outermost function around a line, and its text; empty if there is none."""
    lines = source.splitlines()
    for start in range(min(lineno, len(lines)) - 1, -1, -1):
        if found := re.match(r"(\s*)def\s+(\w+)", lines[start]):
            block = [lines[start]]
            for line in lines[start + 1 :]:
                indent = len(line) - len(line.lstrip())
                if line.strip() and indent <= len(found[1]):
                    break
                block.append(line)
            if start + len(block) >= lineno:
                return found[2], "\n".join(block)
    return "", ""


def _makes(cell: Cell, name: str) -> bool:
    """Whether a cell's text defines, imports or sets a name at its top level."""
    word = re.escape(name)
    made = rf"^(?:def|class)\s+{word}\b|^{word}\s*(?:,|=[^=])|^(?:from|import)\b.*\b{word}\b"
    return re.search(made, cell.source, re.MULTILINE) is not None
