"""Everything that can go wrong with a sandbox, by whose fault it is.

`StudentError` and what derives from it are verdicts on the student's code. `SandboxError` and
what derives from it are ours, or the machine's, and never cost a student points.
"""

# ruff: noqa: N818 - these names say whose fault it is; "Error" on each would drown that

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.sandbox.places import Place


class StudentError(Exception):
    """The student's code is to blame."""


class StudentRaised(StudentError):
    """The student's code raised. Its message stays behind: it can carry hidden inputs.

    `line` is the student's own source line, looked up outside, and `lineno` its number in the
    cell, counted from 1; both are None when no line of the student's was on the stack. `bases`
    are the known names among the types it refines, itself included. `places` are all lines on the
    stack that are the student's or the course's, innermost first. `name` is what a NameError
    misses and `about` what a placeholder keeps the place of, if they are words of the notebooks.
    `at` is which of the operations that were to be done first has raised, if one of them has.
    """

    def __init__(
        self,
        type_name: str,
        line: str | None = None,
        lineno: int | None = None,
        bases: tuple[str, ...] = (),
        *,
        places: tuple[Place, ...] = (),
        name: str = "",
        about: str = "",
        at: int | None = None,
    ) -> None:
        super().__init__(type_name)
        self.type_name = type_name
        self.line = line
        self.lineno = lineno
        self.bases = bases
        self.places = places
        self.name = name
        self.about = about
        self.at = at


class StudentTimeout(StudentError):
    """The student's code used up its time."""


class StudentDied(StudentError):
    """The student's process ended, or was ended for using too much; `reason` says which.

    Without a reason of ours it is not known who ended it: the code itself, or the kernel where
    memory is short.
    """

    UNKNOWN = "it ended"

    def __init__(self, reason: str = UNKNOWN) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def unexplained(self) -> bool:
        """Whether something else than its own code may have ended it."""
        return self.reason == self.UNKNOWN


class StudentProtocol(StudentError):
    """What came back from the student's process is no answer to what was asked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SandboxError(Exception):
    """The sandbox is to blame, not the student."""


class SandboxUnavailable(SandboxError):
    """No sandbox can be had on this machine; the message says in one sentence what to do."""


class SandboxBroken(SandboxError):
    """A sandbox that worked stopped working, and a fresh one does not work either."""
