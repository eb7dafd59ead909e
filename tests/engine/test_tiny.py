"""The whole way to a grade, on the tiny assignment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import tiny_course
from tiny_course import NAME, hand_in

from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.grading.grade import Grader
from autograder.grading.graded import GradedSubmission
from autograder.model import CheckResult, Status, Verdict

GradeTiny = Callable[..., GradedSubmission]


@pytest.fixture
def grade(tiny_grader: Grader, tmp_path: Path) -> GradeTiny:
    """The grade of a submission; the arguments are those of `hand_in`."""
    return lambda *args, **kwargs: tiny_grader.grade(hand_in(tmp_path / "ada", *args, **kwargs))


def checks(graded: GradedSubmission, question: str) -> dict[str, CheckResult]:
    (asked,) = (q for q in graded.grade.questions if q.id == question)
    return {check.name: check for check in asked.checks}


def verdicts(graded: GradedSubmission, question: str) -> dict[str, Verdict]:
    return {name: check.verdict for name, check in checks(graded, question).items()}


def test_a_right_submission_has_all_the_points(grade: GradeTiny) -> None:
    graded = grade()
    assert graded.grade.score == graded.grade.max_score == 12
    assert graded.staff_notes == ()


@pytest.mark.parametrize(
    ("line", "rows"), [("out[1] *= 1.5", [1]), ("out[0] -= 1", [0]), ("out += 1.5", [])]
)
def test_wrong_entries_show_in_an_example_unless_all_are(
    grade: GradeTiny, line: str, rows: list[int]
) -> None:
    steps = "x - x.mean(0)", "out / x.std(0)", f"out\n    {line}"
    body = "\n".join(f"    out = {step}" for step in steps)
    graded = grade({"standardize": f"def standardize(x):\n{body}\n    return out"})
    shown = [check.off for check in checks(graded, "standardize").values() if check.off]
    assert bool(shown) == bool(rows)
    for off in shown:
        assert [at for at, row in enumerate(off) if "x" in row] == rows


# What is named


def initials(expression: str) -> dict[str, str]:
    return {"initials": f"def initials(name):\n    return {expression}"}


def test_a_mistake_s_very_text_is_named(grade: GradeTiny) -> None:
    graded = grade(initials("''.join(w[0] for w in name.split()).lower()"))
    assert {c.misconception for c in checks(graded, "initials").values()} == {"small_letters"}


@pytest.mark.parametrize(
    "wrong", ["'?' + name", "'akl'[::-1]", "'a k l'", "name.title()", "''", "b'akl'", "['a']"]
)
def test_a_wrong_text_that_no_mistake_gives_is_not_named(grade: GradeTiny, wrong: str) -> None:
    for check in checks(grade(initials(wrong)), "initials").values():
        assert (check.verdict, check.misconception) == (Verdict.FAILED, None)
        assert "capitals are missing" not in check.message
        assert check.message


def test_a_check_with_the_release_is_diagnosed(grade: GradeTiny) -> None:
    graded = grade({"standardize": "def standardize(x):\n    return x - np.mean(x, axis=0)"})
    assert checks(graded, "standardize")["sales"].misconception == "only_centred"


def test_a_mistake_of_a_class_is_named(grade: GradeTiny) -> None:
    replaced = tiny_course.ACCOUNT.replace("self.balance + amount", "amount")
    assert checks(grade({"account": replaced}), "account")["deposit"].misconception == "replaced"


# What never ends

SWALLOWING = """
    while True:
        try:
            while True: pass
        except BaseException: pass"""
BOMB = """
    import os
    while True:
        os.fork()"""


@pytest.mark.parametrize(
    ("body", "verdict"), [(SWALLOWING, Verdict.TIMEOUT), (BOMB, Verdict.RAISED)]
)
def test_an_answer_that_never_ends_costs_its_question_and_not_the_run(
    grade: GradeTiny, body: str, verdict: Verdict
) -> None:
    graded = grade({"standardize": f"def standardize(x):{body}"})
    assert set(verdicts(graded, "standardize").values()) == {verdict}
    assert set(verdicts(graded, "initials").values()) == {Verdict.PASSED}
    assert set(verdicts(graded, "account").values()) == {Verdict.PASSED}
    assert graded.grade.status is Status.GRADED


# What is released beside the notebook


def test_a_released_table_is_read_and_not_written(grade: GradeTiny) -> None:
    table = "np.loadtxt('sales.csv', delimiter=',', skiprows=1)"
    reads = f"def standardize(x):\n    assert {table}.shape == (4, 3)\n"
    reads += "    return (x - x.mean(0)) / x.std(0)"
    graded = grade(
        {"standardize": reads},
        ["print(open('sales.csv').readline())", "open('sales.csv', 'a')", "import os\n"
         "os.remove('sales.csv')"],
    )  # fmt: skip
    assert set(verdicts(graded, "standardize").values()) == {Verdict.PASSED}
    reading, writing, removing = graded.runs["tiny"][-3:]
    assert reading.outputs[0]["text"] == "spring,summer,autumn\n\n"
    assert writing.error is not None
    assert writing.error.type_name == "OSError"
    assert removing.status == "error"


# Our faults

OURS = """
import pytest
from autograder.checking import compare

q = pytest.mark.question("standardize")

@q
def test_huge(student, rng):
    \"\"\"Sends a number of more than 64 bits.\"\"\"
    compare.equal("out", student.standardize(2**70), "got 2**70")

@q
def test_function(student):
    \"\"\"Sends a function.\"\"\"
    student.standardize(len)

@q
def test_deep(student):
    \"\"\"Sends lists in lists.\"\"\"
    deep = []
    for _ in range(80):
        deep = [deep]
    student.standardize(deep)

@q
def test_afterwards(student):
    \"\"\"Asks the same process once more.\"\"\"
    compare.equal("out", student.standardize(0), "got 0")
"""
COUNTS = """
asked = 0  # the visible check asks first

def standardize(x):
    global asked
    asked += 1
    if x == 0:
        return "got 0" if asked == 3 else "another process"
    return "got 2**70" if x == 2**70 else "got something else"
"""


def own_course(root: Path, files: Mapping[str, str]) -> Course:
    """The tiny course with other private files."""
    course = tiny_course.lay_out(root)
    for name, text in files.items():
        path = root / "autograder" / "assignments" / NAME / name
        path.write_text(text)
    tiny_course.build_release(course, NAME, execute="never", register=False)
    return course


def reference_of_text() -> str:
    text = (tiny_course.PRIVATE / "reference.py").read_text()
    return text.replace('@answer("out")', '@answer("out: value")')


def test_what_cannot_be_sent_is_our_fault_and_costs_that_check_only(tmp_path: Path) -> None:
    functions = (tiny_course.PRIVATE / "checks" / "test_functions.py").read_text()
    without = (
        functions[: functions.index("@pytest")]
        + functions[functions.index('@pytest.mark.question("initials")') :]
    )
    private = {
        "checks/test_ours.py": OURS,
        "checks/test_functions.py": without,
        "reference.py": reference_of_text(),
    }
    course = own_course(tmp_path / "course", private)
    with Grader(course, NAME) as grader:
        graded = grader.grade(hand_in(tmp_path / "ada", {"standardize": COUNTS}))
    assert verdicts(graded, "standardize") == {
        "huge": Verdict.PASSED,
        "function": Verdict.GRADER_ERROR,
        "deep": Verdict.GRADER_ERROR,
        "afterwards": Verdict.PASSED,
    }
    function, deep = graded.staff_notes
    assert "standardize/function" in function
    assert function.strip().endswith("builtin_function_or_method does not cross")
    assert deep.strip().endswith("nested deeper than allowed")
    assert graded.grade.status is Status.WITHHELD
    assert set(verdicts(graded, "initials").values()) == {Verdict.PASSED}
    assert set(verdicts(graded, "account").values()) == {Verdict.PASSED}


# Settings


def settings(**said: Any) -> dict[str, str]:
    given = ", ".join(f"{name}={value!r}" for name, value in said.items())
    return {
        "__init__.py": f"from autograder.assignment import Settings\nSETTINGS = Settings({given})\n"
    }


@pytest.mark.slow
def test_an_assignment_s_limits_hold_and_its_warm_modules_are_there(tmp_path: Path) -> None:
    limits = {"cell_cpu": 0.5, "later_cell_cpu": 0.2, "check_cpu": 0.2, "later_check_cpu": 0.1}
    said = settings(limits=limits | {"disk": 1 << 16}, warm=("wave",))
    course = own_course(tmp_path / "course", said)
    slow = "def initials(name):\n    while True: pass"
    cells = ["import sys\nprint('wave' in sys.modules)", "open('big', 'wb').write(b'x' * 10**6)"]
    with Grader(course, NAME) as grader:
        graded = grader.grade(hand_in(tmp_path / "ada", {"initials": slow}, cells))
    assert set(verdicts(graded, "initials").values()) == {Verdict.TIMEOUT}
    warm, big = graded.runs["tiny"][-2:]
    assert warm.outputs[0]["text"] == "True\n"
    assert big.status == "error"
    assert set(verdicts(graded, "standardize").values()) == {Verdict.PASSED}


def test_a_limit_that_there_is_not_is_one_sentence(tmp_path: Path) -> None:
    course = own_course(tmp_path, settings(limits={"patience": 3}))
    with pytest.raises(
        UsageError, match=r"^\S+: there is no limit 'patience'; there are [^\n]+\.$"
    ):
        Grader(course, NAME)


def test_settings_of_another_kind_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^\S+: SETTINGS has to be a Settings\(…\)\.$"):
        own_course(tmp_path, {"__init__.py": "SETTINGS = {'warm': ()}\n"})


# Junk

JUNK = [
    "{10**5000: 1}", "{10**5000}", "(10**5000,)",
    "None", "()", "{}", "[]", "0", "-1.5", "2**80", "10**5000", "1j", "True", "''", "'\\ud800'",
    "b'x'", "{1}", "{(1, 2): {3}}", "float('nan')", "(float('inf'),) * 3", "[[1], [2, 3]]",
    "np.zeros(())", "np.zeros((0, 3))", "np.full((7, 3), np.nan)", "np.array(['a'])",
    "np.array([None])", "np.ones((7, 3)) * 1j", "np.array(['2020'], 'M8[D]')", "np", "int", "len",
    "object()", "(i for i in range(3))", "lambda *a: 1", "print('x')", "range(3)", "Ellipsis",
    "tuple(range(20000))", "list(range(10**6))", "'x' * 10**7", "[[[[[[]]]]]] * 9",
    "NotImplemented", "np.float16(1e5)", "np.longdouble(1)", "np.zeros((7, 3)).view(np.matrix)",
    "1 / 0", "np.ma.masked_array([1.0], [True])", "slice(1)",
    "type('T', (), {'__class__': str})()",
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
def test_junk_is_the_student_s_verdict_with_a_sentence(grade: GradeTiny, junk: str) -> None:
    function = "def {}(*args, **kwargs): return {}"
    account = (
        "class Account:\n"
        f"    def __init__(self, *args, **kwargs): self.history = self.balance = {junk}\n"
        f"    def deposit(self, *args, **kwargs): return {junk}\n"
        "    withdraw = statement = label = deposit"
    )
    graded = grade(
        {
            "standardize": function.format("standardize", junk),
            "initials": function.format("initials", junk),
            "account": account,
        }
    )
    assert graded.grade.status is Status.GRADED, graded.staff_notes
    assert graded.staff_notes == ()
    results = [c for q in graded.grade.questions for c in q.checks]
    assert all(check.message for check in results if check.verdict is not Verdict.PASSED)
    assert graded.grade.score == 0.0
