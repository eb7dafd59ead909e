"""`pytest --submission DIR` runs hidden checks as ordinary pytest, with grading's own inputs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from submissions import ROOT, hand_in

CHECKS = "autograder/assignments/batchnorm/checks/test_affine.py"


def run(folder: Path | None, *options: str) -> subprocess.CompletedProcess[str]:
    asked = [] if folder is None else ["--submission", str(folder)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", CHECKS]
    return subprocess.run(
        [*command, *asked, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def without_bias(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wrong = {"affine_forward_answer": (" + b", "")}
    return hand_in(tmp_path_factory.mktemp("handed_in") / "s", replace=wrong)


def test_right_and_wrong_answers_are_passed_and_failed_tests(without_bias: Path) -> None:
    done = run(without_bias)
    assert done.returncode == 1
    assert "3 failed, 5 passed" in done.stdout
    assert "out is off by" in done.stdout


def test_the_usual_options_choose_checks(without_bias: Path) -> None:
    done = run(without_bias, "-k", "db_matches")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 7 deselected" in done.stdout


def test_without_a_submission_it_says_what_to_give() -> None:
    done = run(None, "-k", "db_matches")
    assert done.returncode == 1
    assert "give --submission DIR" in done.stdout
