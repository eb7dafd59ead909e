"""A message names the cause, not its shadow; one test for each sentence, on the tiny assignment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_course
from tiny_course import hand_in

from autograder.grading import hints
from autograder.grading.grade import Grader
from autograder.model import CheckResult, Verdict

Told = Callable[..., list[CheckResult]]
MISSING, RAISED, FAILED = Verdict.MISSING, Verdict.RAISED, Verdict.FAILED


@pytest.fixture
def told(tiny_grader: Grader, tmp_path: Path) -> Told:
    """What the checks of a question say of a submission with these answers and cells."""

    def results(question: str, *args: object, **kwargs: object) -> list[CheckResult]:
        graded = tiny_grader.grade(hand_in(tmp_path / "ada", *args, **kwargs))  # type: ignore[arg-type]
        assert graded.staff_notes == ()
        (asked,) = (q for q in graded.grade.questions if q.id == question)
        return list(asked.checks)

    return results


def only(checks: list[CheckResult]) -> tuple[Verdict, str, str]:
    """The one thing that all checks of a question say."""
    (said,) = {(check.verdict, check.message, check.hint) for check in checks}
    return said


WRONG = {
    "account": "\n".join(
        line
        for line in tiny_course.ACCOUNT.replace(":.2f", ":.1f").splitlines()
        if "###" not in line
    )
}
"""An account whose statement is wrong too: with a right `initials` it fails all the same."""


def initials(body: str, before: str = "") -> dict[str, str]:
    indented = body.replace("\n", "\n    ")
    return {"initials": f"{before}def initials(name):\n    {indented}"}


# A cell that does not run


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        (
            "def initials(name):\n    print name\n    return name",
            "does not compile: SyntaxError in line 2, `print name`.",
            "This is Python 2; in Python 3 it is `print(…)`, with brackets.",
        ),
        (
            "def initials(name):\n    return (name[0]",
            "does not compile: SyntaxError in line 2, `return (name[0]`.",
            "The cell ends too early: a bracket or a quotation mark is not closed.",
        ),
        (
            "<<<<<<< HEAD\ndef initials(name):\n=======\ndef initials(n):\n>>>>>>> b\n    return n",
            "does not compile: SyntaxError in line 1, `<<<<<<< HEAD`.",
            "Lines such as `<<<<<<<` and `=======` are left over from a merge: keep one of the "
            "two versions, and take these lines out.",
        ),
        (
            "def initials(name):\n        a = name\n\treturn a",
            "does not compile: TabError in line 3, `return a`.",
            "Tabs and spaces are mixed: indent with four spaces everywhere.",
        ),
        (
            "from past.builtins import xrange\ndef initials(name):\n    return name",
            "stops before its end: ModuleNotFoundError in line 1, "
            "`from past.builtins import xrange`.",
            "`past` is of Python 2; take the line out: Python 3 needs none of it.",
        ),
        (
            "import nowhere_to_be_found as n\ndef initials(name):\n    return name",
            "stops before its end: ModuleNotFoundError in line 1, "
            "`import nowhere_to_be_found as n`.",
            "`nowhere_to_be_found` is not there when your work is graded: use what the notebook "
            "imports, and files that you hand in with it.",
        ),
        (
            "1 / 0\ndef initials(name):\n    return name",
            "stops before its end: ZeroDivisionError in line 1, `1 / 0`.",
            "Looks at the first letter of every word.",
        ),
    ],
)
def test_a_cell_that_does_not_run_is_told_with_its_error(
    told: Told, source: str, message: str, hint: str
) -> None:
    said = only(told("initials", {"initials": source}))
    assert said == (MISSING, f"`initials` is not defined, because its cell {message}", hint)


def test_a_cell_that_ended_the_process_is_told(told: Told) -> None:
    source = "import os\nos._exit(0)\ndef initials(name):\n    return name"
    because = "its cell ended the Python process."
    assert only(told("initials", {"initials": source}))[1].endswith(because)


def test_an_answer_built_on_a_cell_that_does_not_run_says_so(told: Told) -> None:
    answers = WRONG | {"initials": "def initials(name)\n    return name"}
    statement = next(c for c in told("account", answers) if c.name.endswith("statement"))
    assert statement.verdict is RAISED
    assert statement.message == (
        "`Account.statement` needs `initials`, whose cell does not compile: SyntaxError in "
        "line 1, `def initials(name)`."
    )
    assert statement.hint == "Python says: expected ':'."


def test_an_answer_built_on_one_that_no_cell_defines_says_so(told: Told) -> None:
    statement = told("account", WRONG | {"initials": "letters = 3"})[-1]
    needs = "`Account.statement` needs `initials`, which no cell of tiny.ipynb defines."
    assert (statement.verdict, statement.message) == (RAISED, needs)


def test_an_answer_that_no_cell_defines_is_not_defined(told: Told) -> None:
    verdict, message, _ = only(told("initials", {"initials": "letters = 3"}))
    assert verdict is MISSING
    assert message == "`initials` is not defined when the notebook has run from top to bottom."


# Not answered yet

STUB = tiny_course.INITIALS.split("    ### BEGIN", maxsplit=1)[0] + (
    '    raise NotImplementedError("initials is not answered yet: write it in place of raise.")'
)


@pytest.mark.parametrize(
    "source",
    [
        STUB,
        STUB.split("    raise", maxsplit=1)[0] + "    pass",
        STUB.split("    raise", maxsplit=1)[0] + "    # later\n    return None",
    ],
)
def test_a_stub_is_not_answered_yet(told: Told, source: str) -> None:
    verdict, message, _ = only(told("initials", {"initials": source}))
    assert (verdict, message) == (MISSING, "`initials` is not answered yet.")


def test_a_stub_in_an_answer_s_way_is_told_with_its_name(told: Told) -> None:
    statement = told("account", WRONG | {"initials": STUB})[-1]
    needs = "`Account.statement` needs `initials`, which is not answered yet."
    assert (statement.verdict, statement.message) == (RAISED, needs)


def test_an_answer_in_a_cell_of_one_s_own_is_an_answer(told: Told) -> None:
    own = "def initials(name):\n    return name.lower()"
    for check in told("initials", {"initials": STUB}, [own]):
        assert check.verdict is FAILED
        assert "not answered" not in check.message


def test_an_error_of_the_student_s_own_is_not_an_empty_answer(told: Told) -> None:
    answer = initials("if ' ' in name: raise NotImplementedError('two words')\nreturn name")
    verdict, message, _ = only(told("initials", answer))
    assert verdict is RAISED
    assert message == (
        "`initials` raised NotImplementedError in your line "
        "`if ' ' in name: raise NotImplementedError('two words')`."
    )


# Names


def test_a_missing_name_is_said(told: Told) -> None:
    verdict, message, hint = only(told("initials", initials("return letters.upper()")))
    assert verdict is RAISED
    assert message == (
        "`initials` raised NameError in your line `return letters.upper()`: "
        "`letters` is not defined."
    )
    assert hint == (
        "`initials` reads `letters`, which is neither an argument nor made in it: "
        "make it in the function, or give it as an argument."
    )


def test_a_name_that_is_returned_and_never_made_is_told(told: Told) -> None:
    hint = only(told("initials", initials("upper = name.upper()\nreturn upper, rest")))[2]
    assert hint == "`initials` returns `rest`, which it never makes."


def test_a_function_that_is_called_and_that_no_cell_defines_is_told(told: Told) -> None:
    hint = only(told("initials", initials("return first_letters(name)")))[2]
    assert hint == "`initials` calls `first_letters`, which no cell of the notebook defines."


def test_a_misspelt_name_is_guessed(told: Told) -> None:
    answer = initials("letters = [w[0] for w in name.split()]\nreturn ''.join(leters)")
    assert only(told("initials", answer))[2].endswith("nor made in it: is `letters` meant?")


def test_a_name_of_python_2_is_translated(told: Told) -> None:
    answer = initials("return ''.join(name[i] for i in xrange(2))")
    assert (
        only(told("initials", answer))[2] == "`xrange` is of Python 2; in Python 3 it is `range`."
    )


def test_a_name_made_of_hidden_inputs_is_not_said(told: Told) -> None:
    answer = initials("raise NameError(name='x' + name.split()[0].lower())")
    for check in told("initials", answer):
        assert "`x" not in check.message + check.hint
        assert check.verdict is RAISED


def test_a_helper_whose_cell_does_not_run_is_told(told: Told, tmp_path: Path) -> None:
    answer = initials("return first(name)")
    said = only(told("initials", answer, ["def first(name):\nreturn name[0]"]))
    assert said[1].endswith(
        "`first` is not defined, because its cell does not compile: "
        "IndentationError in line 2, `return name[0]`."
    )


# Variables of the notebook


def test_a_variable_that_an_answer_reads_is_named_where_it_fails(told: Told) -> None:
    answer = initials("return words[0]", before="words = ['AB']\n\n")
    for check in told("initials", answer):
        assert check.verdict is FAILED
        assert check.hint == (
            "`initials` reads `words`, which is neither an argument nor made in it: "
            "make it in the function, or give it as an argument."
        )


@pytest.mark.parametrize("before", ["size = 2\n\n", "SIZES = [2]\n\n", "import math as size\n\n"])
def test_constants_and_modules_are_welcome(told: Told, before: str) -> None:
    name = before.replace("import math as ", "").split()[0]
    for check in told("initials", initials(f"return name + str({name})", before=before)):
        assert "reads" not in check.hint


# Whose line


def test_a_line_of_the_course_s_is_not_called_the_student_s(told: Told) -> None:
    answer = "def initials(name):\n    return Overdraft().message"
    assert "in your line `return Overdraft().message`" in only(
        told("initials", {"initials": answer})
    )[1]  # fmt: skip


def test_the_end_of_the_process_in_an_answer_is_not_a_timeout(told: Told) -> None:
    verdict, message, _ = only(told("initials", initials("import os\nos._exit(0)")))
    assert (verdict, message) == (RAISED, "`initials` ended the Python process.")


# Hints that need no sandbox


@pytest.mark.parametrize(
    ("kind", "line", "source", "hint"),
    [
        ("TypeError", "x.reshape(n / 2, 2)", "", "`//`"),
        ("TypeError", "np.zeros(half)", "half = n / 2\nnp.zeros(half)", "`//`"),
        ("TypeError", "np.zeros(half)", "half = n // 2\nnp.zeros(half)", ""),
        ("TypeError", "x / y", "", ""),
        ("AttributeError", "for k, v in d.iteritems():", "", "`items`"),
        ("AttributeError", "x.astype(np.float)", "", "write `float`"),
        ("ValueError", "x.reshape(n / 2)", "", ""),
    ],
)
def test_what_python_2_did_otherwise_is_told(kind: str, line: str, source: str, hint: str) -> None:
    said = hints.of_raised(kind, line, source)
    assert hint in said
    assert bool(said) == bool(hint)
