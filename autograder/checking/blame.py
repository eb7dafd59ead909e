"""From the student's side to the checks: an accident as a verdict and a sentence.

The sentence names the cause: the name that is missing, the student's own line in either
notebook, and whether the line is the course's own.
"""

from __future__ import annotations

from typing import NoReturn

from autograder.checking.faults import NotThere, Raised, StudentFault
from autograder.model import Verdict
from autograder.sandbox.errors import (
    StudentDied,
    StudentError,
    StudentProtocol,
    StudentRaised,
    StudentTimeout,
)
from autograder.sandbox.places import Place


def blame(what: str, error: StudentError) -> NoReturn:
    """Turn what went wrong on the student's side into their verdict and a sentence.

    Args:
        what: what the check asked for, such as `Account.deposit`.
        error: what came of it.
    """
    match error:
        case StudentRaised():
            raise _raised(what, error) from error
        case StudentTimeout():
            message, verdict = f"`{what}` used up its time.", Verdict.TIMEOUT
        case StudentDied():
            message, verdict = f"`{what}` ended the Python process.", Verdict.RAISED
        case StudentProtocol():
            message, verdict = f"`{what}` gave a reply that cannot be read.", Verdict.FAILED
        case _:
            raise error
    raise StudentFault(message, verdict=verdict) from error


def _raised(what: str, error: StudentRaised) -> StudentFault:
    if error.type_name == "NameError" and not error.places:
        missing = f"`{what}` is not defined when the notebook has run from top to bottom."
        return NotThere(missing, what)
    if error.type_name == "NotImplementedError" and (kept := _kept_place(error)):
        if kept == what.split(".", maxsplit=1)[0]:
            return NotThere(f"`{what}` is not answered yet.", kept)
        needs = f"`{what}` needs `{kept}`, which is not answered yet."
        return NotThere(needs, kept, Verdict.RAISED)
    message = f"`{what}` raised {error.type_name}{_where(error)}"
    if error.type_name == "NameError" and error.name:
        message += f": `{error.name}` is not defined"
    return Raised(f"{message}.", (error.type_name, *error.bases))


def _kept_place(error: StudentRaised) -> str | None:
    """The answer that is missing, if it was a placeholder of the course's that raised.

    That is a line of the handed-out answer cell, or what a module of the course's has put in
    the place of an answer of another notebook.
    """
    if not error.places:
        return None
    innermost = error.places[0]
    return error.about if innermost.file else innermost.placeholder


def _where(error: StudentRaised) -> str:
    """The student's own line; what the course wrote is called that."""
    if not error.places:
        return ""
    innermost = error.places[0]
    if not innermost.course:
        return f" in your line `{error.line}`" if error.line else " in your own code"
    called = f", called from your line `{error.line}`" if error.line else ""
    return f" in {_of_the_course(innermost)}{called}"


def _of_the_course(place: Place) -> str:
    if place.file:
        return f"the course's own `{place.file}`"
    assert place.cell is not None, "only of a cell it is known that the course wrote it"
    if place.cell.source == place.cell.handed_out:
        return f"the course's own cell `{place.cell.id}`"
    return f"the line that was given, `{place.line}`"
