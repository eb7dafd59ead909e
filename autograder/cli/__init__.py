"""The command line.

Exit status: 0 done, whatever the score; 1 from `verify`, `release --verify` and
`check --fail-under` only, what they look for is not so; 2 unusable input or usage, with one
sentence on stderr; 3 some grade was withheld; 4 the autograder itself failed, its traceback in a
file.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

from autograder.cli import course, doors, grading, proving, results  # they register their commands
from autograder.cli.app import FAILED, USAGE, app
from autograder.errors import UsageError, full_disk, is_full_disk
from autograder.outputs.console import visible
from autograder.startup import collect_seldom, skip_server_extensions, skip_uri_grammar

__all__ = ["app", "course", "doors", "grading", "main", "proving", "results"]


def main() -> NoReturn:
    """Run the command line; whatever the caller can mend is one sentence and status 2."""
    skip_uri_grammar()
    skip_server_extensions()
    collect_seldom()
    from autograder.sandbox.errors import SandboxUnavailable

    # nbgrader logs there what we say in a sentence; without a handler it would be printed.
    logging.getLogger("tornado.application").addHandler(logging.NullHandler())
    try:
        app()
    except (UsageError, SandboxUnavailable) as error:
        print(visible(f"autograder: {error}"), file=sys.stderr)
        raise SystemExit(USAGE) from None
    except Exception as error:
        if is_full_disk(error):
            print(visible(f"autograder: {full_disk(error)}"), file=sys.stderr)
            raise SystemExit(USAGE) from None
        _say_failure(error)
        raise SystemExit(FAILED) from None
    raise SystemExit(0)


def _say_failure(error: Exception) -> None:
    """Say in a sentence that we failed, and put the traceback where staff can read it."""
    own = Path.cwd() / ".autograder"
    folder = own if own.is_dir() else Path(tempfile.mkdtemp(prefix="autograder-"))
    path = folder / "last-error.txt"
    text = f"{' '.join(sys.argv)}\n\n{''.join(traceback.format_exception(error))}"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as also:
        path = Path(f"nowhere, since it cannot be written ({also.strerror})")
    said = visible(str(error)).partition("\n")[0] or "without a word"
    print(
        f"autograder: this command failed, through no fault of yours ({type(error).__name__}: "
        f"{said}); the traceback is in {path}.",
        file=sys.stderr,
    )
