"""The rubric fits the questions, and is measured on answers judged by reading."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from submissions import ROOT, solved

from autograder.assignment import find
from autograder.assignments.batchnorm import figures, records
from autograder.checking.evidence import read, rubric_of
from autograder.course.course import Course

WRITTEN = ROOT / "benchmarks" / "written"
CELLS = {cell["id"]: cell for cell in solved("batch_normalization")["cells"]}
RUBRIC = rubric_of(Path(str(find(Course.find(ROOT), "batchnorm").folder)))


@pytest.mark.parametrize("question", RUBRIC)
def test_every_idea_has_its_field_and_is_found_in_the_model_answer(question: str):
    labels = re.findall(r"\*\*(.+?):\*\*", CELLS[question]["metadata"]["autograder"]["stub"])
    assert [idea.label for idea in RUBRIC[question].values()] == labels
    model = re.sub("<!--.*?-->", "", CELLS[question]["source"])
    assert all(idea.sentence for idea in read(model, [], RUBRIC[question], []).ideas)


@pytest.mark.parametrize("name", ["before_tuning", "after_tuning"])
def test_forty_answers_are_judged_idea_by_idea(name: str):
    answers = tomllib.loads((WRITTEN / f"{name}.toml").read_text(encoding="utf-8"))["answer"]
    assert len(answers) == 40
    for answer in answers:
        assert answer["ideas"].keys() <= RUBRIC[answer["question"]].keys()
        assert set(answer["ideas"].values()) <= {"right", "partial", "wrong"}


def test_the_numbers_of_the_model_answer_stand_in_its_own_record():
    path = ROOT / "solutions" / "batchnorm" / "batch_normalization.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    known = records.parse_all(records.collect((), [cells]))
    own = figures.figures(known)["explain_weight_scale"]
    model = re.sub("<!--.*?-->", "", CELLS["explain_weight_scale"]["source"])
    numbers = read(model, [], RUBRIC["explain_weight_scale"], own).numbers
    assert len(numbers) > 5
    assert [number.text for number in numbers if not number.stands] == []
