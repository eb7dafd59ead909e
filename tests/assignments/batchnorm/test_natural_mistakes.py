"""Natural mistakes are found in the question where they were made, and told in one sentence."""

from __future__ import annotations

import re

import natural_mistakes
import pytest
from natural_mistakes import EDITS, Names, all_mistakes, read
from student_folder import SOURCE

TABLE = read()
BLANK = ("batchnorm_backward", "stub's raise still at the end")
"""An answer that is not finished is open, not wrong."""


@pytest.fixture(scope="module")
def names():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBGRADER_EXECUTION", "autograde")
        patch.setenv("NO_COLOR", "1")
        patch.chdir(SOURCE)
        yield Names()


def test_the_table_has_every_mistake_and_no_other():
    assert list(TABLE) == all_mistakes(), f"run {natural_mistakes.__name__}.py to make it anew"
    assert len(TABLE) > 300


@pytest.mark.parametrize("mistake", TABLE, ids=" ".join)
def test_a_mistake_turns_a_row_red_where_it_was_made(names, mistake):
    row, sentence = names.told(*mistake)
    assert (row or "none", sentence) == TABLE[mistake]
    assert row or mistake == BLANK
    assert sentence.endswith((".", "?", "…"))


def test_a_slip_in_a_gate_is_told_by_the_number_of_that_gate():
    slips = [edit.name for edit in EDITS if edit.name.startswith("gate ")]
    assert len(slips) > 17
    for slip in slips:
        row, sentence = TABLE["batchnorm_backward", slip]
        if slip == "gate 4: raises":
            assert sentence.startswith("After that it raises"), "what was traced is still shown"
        else:
            number = re.match(r"gate (\d)", slip)[1]
            assert row.startswith("d")
            assert re.search(rf"gates? (\d and )?{number}\b", sentence), slip
