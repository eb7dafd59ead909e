"""The command line: init, new, release, check, grade, verify, report, export, data, doctor.

Exit status: 0 done, whatever the score; 2 unusable input or usage, with one sentence on
stderr; 3 some grade was withheld.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from autograder.classroom.start import collect_seldom, skip_uri_grammar
from autograder.cli import course, grading, proving, results  # they register their commands
from autograder.cli.app import USAGE, app
from autograder.errors import UsageError

__all__ = ["app", "course", "grading", "main", "proving", "results"]


def main() -> NoReturn:
    """Run the command line; whatever the caller can mend is one sentence and status 2."""
    skip_uri_grammar()
    collect_seldom()
    from autograder.sandbox.errors import SandboxUnavailable

    try:
        app()
    except (UsageError, SandboxUnavailable) as error:
        print(f"autograder: {error}", file=sys.stderr)
        raise SystemExit(USAGE) from None
    raise SystemExit(0)
