"""Wrong answers written by hand (`unnamed_answers`): a right name or none, never a wrong one."""

import numpy as np
import pytest
from check_runs import collected_checks, named, not_passed, outcomes
from handwritten import submission
from unnamed_answers import BACKWARD, KINDS_OF_THE_SAMPLE, SIMPLE, SIMPLIFIED, WRONG

from autograder.model import Verdict


@pytest.fixture(scope="module")
def checks():
    return collected_checks()


def test_what_is_made_wrong_is_right_before(checks):
    np.random.seed(1)
    assert not_passed(outcomes(checks, submission())) == {}


def names_in(checks, one):
    """What the failed checks of its question call it, and the checks."""
    np.random.seed(2)
    ran = outcomes(checks, submission(*one.changes), [one.question])
    assert not_passed(ran), one
    failed = {
        name: result
        for (_, name), result in ran.items()
        if result.outcome.verdict is Verdict.FAILED
    }
    told = {}
    for name, result in failed.items():
        found = named(result)
        told[name] = result.outcome.misconception or (found and found.name)
    return told


@pytest.fixture(scope="module")
def told(checks):
    with np.errstate(all="ignore"):
        return [(one, names_in(checks, one)) for one in WRONG]


def test_there_are_many_of_them():
    assert len(WRONG) >= 50
    assert len(KINDS_OF_THE_SAMPLE) >= 18


def test_none_gets_a_wrong_name(told):
    misnamed = [
        (one.kind, one.question, one.changes[0][1], check, name)
        for one, names in told
        for check, name in names.items()
        if name is not None and name not in one.names
    ]
    assert not misnamed, misnamed


def test_of_the_kinds_of_the_sample_nine_in_ten_are_named(told):
    named_at_all = {
        (one.kind, i): bool(one.names & set(names.values()))
        for i, (one, names) in enumerate(told)
        if one.names and one.kind in KINDS_OF_THE_SAMPLE
    }
    without = [kind for (kind, _), yes in named_at_all.items() if not yes]
    assert len(without) <= 0.1 * len(named_at_all), without
    kinds = {kind for kind, _ in named_at_all}
    assert len(set(without)) <= 0.1 * len(kinds), without


def test_who_is_given_no_name_is_told_what_can_be_seen(checks):
    ran = outcomes(checks, submission(("np.dot(dout, w.T)", "np.dot(dout, 2 * w.T)")))
    message = ran["affine_backward", "dx_matches"].outcome.message
    assert message.endswith("Every entry is 2 times what it should be.")
    ran = outcomes(checks, submission(("dx[x <= 0] = 0", "dx[x <= 0] = -1")), ["relu_backward"])
    message = ran["relu_backward", "dx_matches"].outcome.message
    assert message.endswith("It is wrong only where x is negative.")
    flipped = submission(("    dx = dx1 + dx2\n", "    dx = (dx1 + dx2)[::-1]\n"))
    ran = outcomes(checks, flipped, [BACKWARD])
    message = ran[BACKWARD, "dx_matches"].outcome.message
    assert message.endswith("The rows are right but in another order.")


def test_two_mistakes_at_once_are_named_each_in_its_checks(checks):
    both = submission(
        ("dx1 = dxmu1 + dxmu2", "dx1 = dxmu1"),
        ("dgamma = np.sum(dout * xhat, axis=0)", "dgamma = np.mean(dout * xhat, axis=0)"),
    )
    ran = outcomes(checks, both, [BACKWARD])
    assert named(ran[BACKWARD, "dx_matches"]).name == "variance_path_dropped"
    assert named(ran[BACKWARD, "dx_with_large_eps"]).name == "variance_path_dropped"
    assert named(ran[BACKWARD, "dgamma_matches"]).name == "dgamma_averaged"


def test_a_forgotten_dout_is_not_said_to_change_the_cache(checks):
    for change in ("(m - m - h * h.sum(0))", "0 * (m * dout - sum_d - h * sum_dh)"):
        ran = outcomes(checks, submission((SIMPLE, change)), [SIMPLIFIED])
        outcome = ran[SIMPLIFIED, "alt_twice"].outcome
        assert outcome.verdict is Verdict.FAILED
        assert "in place" not in outcome.hint
        assert "second" not in outcome.message


@pytest.mark.parametrize(
    ("question", "check", "change"),
    [
        ("relu_backward", "dx_matches_for_images",
         ("    dx[x <= 0] = 0\n", "    dx[x <= 0] = 0\n    x -= 5 * dx\n")),
        (BACKWARD, "shapes_of_gradients", ("dx1 + dx2\n", "dx1 + dx2\n    xmu *= 3\n")),
        (SIMPLIFIED, "alt_twice", ("    return result", "    h *= 2\n    return result")),
    ],
)  # fmt: skip
def test_a_spoilt_cache_costs_one_check_everywhere(checks, question, check, change):
    ran = outcomes(checks, submission(change), [question])
    failed = not_passed(ran)
    assert list(failed) == [(question, check)]
    assert "right the first time, and wrong on a second call" in failed[question, check]
    assert ran[question, check].outcome.misconception == "cache_changed"


def test_a_cache_that_can_be_used_again_costs_nothing(checks):
    """A mask written into x, as many do: the second call finds the same mask."""
    masked = submission(
        ("    dx[x <= 0] = 0\n", "    x[x <= 0] = 0\n    x[x > 0] = 1\n    dx *= x\n")
    )
    assert not_passed(outcomes(checks, masked, ["relu_backward"])) == {}
