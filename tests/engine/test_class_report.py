"""What the class report counts, groups and finds alike: small classes, checked by hand."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from autograder.diagnosis.outline import outline
from autograder.model import CheckResult, Grade, QuestionScore, Regraded, Status, Verdict
from autograder.outputs.facts import Facts
from autograder.outputs.items import items
from autograder.outputs.report import render_report, render_similar
from autograder.outputs.similar import similar
from autograder.outputs.summary import summarize
from autograder.outputs.unnamed import unnamed

SECRET = b"a course's"


def score(id_: str, got: float | None, *checks: CheckResult, most: float = 4.0) -> QuestionScore:
    return QuestionScore(id_, "layers", got, most, needs_review=got is None, checks=checks)


def graded(*scores: QuestionScore) -> Grade:
    got = sum(each.score or 0.0 for each in scores)
    return Grade("mini", Status.GRADED, got, sum(s.max_score for s in scores), 0.0, (), scores)


def check(passed: bool, name: str = "out", **fields: Any) -> CheckResult:
    verdict = Verdict.PASSED if passed else Verdict.FAILED
    return CheckResult(name, 4.0 * passed, 4.0, verdict, "" if passed else f"{name} off", **fields)


def test_open_points_are_not_counted_as_zero() -> None:
    half_open = graded(score("weigh", 3.0), score("explain", None, most=6.0))
    summary = summarize(
        {"ann": half_open, "ben": graded(score("weigh", 1.0), score("explain", 6.0, most=6.0))}
    )
    assert summary.shares == (0.75, 0.7)
    assert items({"ann": half_open})[1].lost == 0.0


def test_a_question_that_goes_with_the_others_tells_apart_and_one_against_them_does_not() -> None:
    grades = {
        f"s{i}": graded(
            score("weigh", 4.0 * (i > 5), check(i > 5)),
            score("clip", 4.0 * (i > 5), check(i > 5)),
            score("odd", 4.0 * (i <= 5), check(i <= 5)),
            score("many", 0.4 * i),
        )
        for i in range(11)
    }
    weigh, _, odd, many = items(grades)
    assert weigh.discrimination is not None
    assert odd.discrimination is not None
    assert odd.discrimination < 0 < weigh.discrimination
    assert (weigh.checks[0].passed, weigh.checks[0].of) == (5, 11)
    assert many.checks == ()
    assert items(dict(list(grades.items())[:9]))[0].discrimination is None, "too few to say"


def test_what_an_earlier_mistake_cost_and_what_was_kept_is_told_apart() -> None:
    followed = check(False, misconception="no_bias", made_in="weigh")
    kept = CheckResult("dx", 2.0, 2.0, Verdict.PASSED, "right but for weigh", carried=True)
    (item,) = items({"ann": graded(score("net", 2.0, followed, kept, most=6.0))})
    assert (item.lost, item.earlier, item.kept) == (4.0, 4.0, 2.0)
    (mistake,) = summarize({"ann": graded(score("net", 0.0, followed))}).mistakes
    assert mistake.question == "weigh"


def test_equal_wrong_outputs_without_a_name_are_one_group_over_all_its_checks() -> None:
    two = (check(False, output="a"), check(False, "dx", output="b"))
    grades = {"ann": two, "ben": two, "cat": (check(False, output="z"),), "dan": (check(True),)}
    given = {name: graded(score("weigh", 0.0, *checks)) for name, checks in grades.items()}
    code = {"ann": {"weigh": "a long answer"}, "ben": {"weigh": "short"}}
    (group,), alone = unnamed(given, code)
    assert group.checks == (("weigh", "out"), ("weigh", "dx"))
    assert (group.students, group.example, group.code) == (("ann", "ben"), "ben", "short")
    assert alone == 1


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (lambda x: x.astype(np.float32), True),
        (lambda x: x * (1 + 1e-12), True),
        (lambda x: x[::-1], False),
        (lambda x: x * 1.01, False),
        (lambda x: x.reshape(2, -1), False),
        (lambda x: np.where(x > 1, np.nan, x), False),
        (lambda x: {"x": x}, False),
    ],
)
def test_an_outline_is_of_the_values_up_to_rounding(other: Any, same: bool) -> None:
    x = np.random.default_rng(0).normal(size=12) + 1
    assert (outline([x], SECRET) == outline([other(x)], SECRET)) is same


@pytest.mark.parametrize("value", [np.inf, -1e308, 10**400, "text", {1, 2}, [[], {"a": None}], b""])
def test_an_outline_is_made_of_whatever_came_back(value: Any) -> None:
    twice = [outline([value, np.array([])], SECRET) for _ in range(2)]
    assert twice[0] == twice[1] != outline([], SECRET)


LINES = """\
total = x.sum(axis={0}) / {1}
if total.any() and x.shape[{0}] > {1}:
    scaled = np.exp(-total * {1}) @ w.T[{0}:{2}]
for step in range({2}):
    w -= {1} * np.outer(scaled, x[step]) + reg * w
result = np.where(scaled > {0}, scaled, {2} * total) - w.mean(axis={1})
cache = x, w, (scaled, result[::{2}])
"""


def own_code(i: int) -> str:
    """An answer like nobody else's: {i} stands where no two students have the same."""
    return "".join(LINES.format(i + k, 7 * i + k, 3 * i + k) for k in range(6))


def renamed(code: str) -> str:
    for name in ("total", "scaled", "result", "step"):
        code = code.replace(name, f"my_{name}")
    return "".join(f"{line}  # {len(line)}\n" for line in code.splitlines())


def class_of(answers: dict[str, dict[str, str]]) -> dict[str, Grade]:
    return {name: graded(score("net", 4.0, check(True))) for name in answers}


def test_copies_are_one_group_also_when_they_are_most_of_the_class() -> None:
    answers = {f"s{i:02}": {"net": own_code(i)} for i in range(23)}
    answers |= {f"copy{i:02}": {"net": renamed(own_code(99))} for i in range(36)}
    answers["copy36"] = {"net": own_code(99) + "print(result)\n"}
    (cluster,) = similar(class_of(answers), answers).clusters
    assert cluster.students == tuple(f"copy{i:02}" for i in range(37))
    assert cluster.shared >= 0.9 * cluster.of


def test_one_copied_answer_is_found_among_others_of_ones_own() -> None:
    answers = {f"s{i:02}": {"net": own_code(i), "extra": own_code(50 + i)} for i in range(20)}
    answers["s03"]["extra"] = renamed(answers["s07"]["extra"])
    (cluster,) = similar(class_of(answers), answers).clusters
    assert cluster.students == ("s03", "s07")
    assert cluster.parts[0].question == "extra"


def test_what_was_given_out_and_what_a_third_of_the_class_writes_is_no_evidence() -> None:
    answers = {f"s{i:02}": {"net": own_code(i), "common": own_code(77)} for i in range(20)}
    for name in ("s03", "s04"):
        answers[name]["extra"] = own_code(88)
    assert similar(class_of(answers), answers, given=[own_code(88)]).clusters == ()


def test_copied_text_is_found_word_by_word() -> None:
    words = np.random.default_rng(0).integers(0, 500, (12, 90))
    answers = {f"s{i:02}": {"why": " ".join(f"w{n}" for n in row)} for i, row in enumerate(words)}
    answers["s05"]["why"] = "Well, " + answers["s01"]["why"].upper().replace(" ", ",\n")
    (cluster,) = similar(class_of(answers), answers, frozenset({"why"})).clusters
    assert cluster.students == ("s01", "s05")


def test_rare_wrong_outputs_in_two_questions_bring_two_together_and_a_common_one_does_not() -> None:
    def wrong(*outputs: str) -> Grade:
        return graded(*(score(f"q{i}", 0.0, check(False, output=o)) for i, o in enumerate(outputs)))

    grades = {f"s{i:02}": wrong("common", f"own{i}") for i in range(12)}
    grades |= {"x": wrong("rare", "rarer"), "y": wrong("rare", "rarer")}
    answers = {name: {"q0": own_code(i)} for i, name in enumerate(grades)}
    (cluster,) = similar(grades, answers).clusters
    assert cluster.students == ("x", "y")
    assert cluster.outputs == (("q0", "out", 2), ("q1", "out", 2))


def test_the_pages_say_what_is_known_beside_the_grades() -> None:
    hostile = "</script><b>x"
    answers = {f"s{i:02}": {"net": own_code(i % 11)} for i in range(12)}
    grades = class_of(answers) | {"s01": graded(score("net", 0.0, check(False, output="a")))}
    facts = Facts(
        late={"s01": 7260.0},
        missing=("zoe",),
        seconds={"s01": 9.5},
        regraded={"s00": Regraded(graded(score("net", 1.0)), grades["s00"], ("the checks",))},
        answers=answers | {"s01": {"net": hostile}},
    )
    alike = similar(grades, facts.answers)
    page = render_report("mini", grades, facts, alike)
    for said in ('s01 <span class="soft">(2 h 1 min', "zoe", "1 gained", "the checks", "s01 (9.5)"):
        assert said in page
    assert hostile not in page
    told = re.search(r'id="said">(.*?)</script>', page, re.DOTALL)
    assert told is not None
    assert json.loads(told[1])["sentences"] == ["out off"]
    beside = render_similar("mini", grades, facts, alike)
    assert "s00 and s11" in beside
    assert "never points" in beside
    assert "<script" not in beside
