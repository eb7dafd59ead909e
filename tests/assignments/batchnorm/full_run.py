"""What holds of the notebooks after a full run: quiet, complete, and with results that teach.

A run takes half a minute, so there is one: the walk through JupyterLab, in `tests/browser`. Where
there is no browser, the notebooks' tests make one in a kernel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import student_folder  # noqa: F401 - it makes `support` importable
from support import record
from support.record import Run

HALF = 0.5


class FullRun:
    """A notebook after its run from a clean kernel, and the folder it ran in."""

    def __init__(self, notebook: Any, folder: Path) -> None:
        self.cells: dict[str, Any] = {cell.id: cell for cell in notebook.cells}
        self.folder = folder

    @classmethod
    def saved(cls, path: Path) -> FullRun:
        return cls(nbformat.read(path, as_version=4), path.parent)

    @property
    def outputs(self) -> list[Any]:
        return [output for cell in self.cells.values() for output in cell.get("outputs", [])]

    @property
    def pictures(self) -> list[str]:
        html = [output.get("data", {}).get("text/html", "") for output in self.outputs]
        return [shown for shown in html if "<img" in shown]

    def text(self, cell: str) -> str:
        """What a cell's outputs say in plain text."""
        return "\n".join(map(plain, self.cells[cell].get("outputs", [])))

    @cached_property
    def runs(self) -> dict[str, list[Run]]:
        names = ("deep_net", "weight_scale", "rescue", "learning_rate")
        return {name: record.load(name, self.folder / "results") for name in names}

    @property
    def with_batchnorm(self) -> list[Run]:
        """Of the twenty scales."""
        return self.runs["weight_scale"][:20]

    @property
    def without(self) -> list[Run]:
        return self.runs["weight_scale"][20:]

    def breaks(self, laws: Iterable[Callable[[FullRun], None]]) -> dict[str, str]:
        """The laws that do not hold of it, and why."""
        broken = {}
        for law in laws:
            try:
                law(self)
            except AssertionError as error:
                broken[law.__name__] = str(error)
        return broken


def plain(output: Any) -> str:
    """An output in plain text, as printed or as shown, without colours."""
    found = output.get("text", output.get("data", {}).get("text/plain", ""))
    text = found if isinstance(found, str) else "".join(found)  # a file holds it in lines
    return re.sub(r"\x1b\[\d+m", "", text).rstrip("\n")


def first_half(run: Run) -> int | str:
    reached = [e for e, value in enumerate(run.val_accuracy, start=1) if value >= HALF]
    return reached[0] if reached else "never"


def nothing_is_written_to_stderr(ran: FullRun) -> None:
    assert [output.text for output in ran.outputs if output.get("name") == "stderr"] == []


def every_picture_of_the_first_is_there_and_says_what_it_shows(ran: FullRun) -> None:
    assert len(ran.pictures) == 7
    assert all(re.search(r'<img[^>]* alt="[^"]+"', picture) for picture in ran.pictures)


def the_solution_reaches_the_highest_tier_with_room(ran: FullRun) -> None:
    assert all("green" in line for line in ran.text("every_check").splitlines())
    lines = ran.text("train_two_layer_net").splitlines()
    reached = [float(line.split()[3]) for line in lines if line.startswith("validation")]
    assert min(reached) > 0.83


def every_picture_of_the_second_is_there_and_says_what_it_shows(ran: FullRun) -> None:
    assert len(ran.pictures) == 10  # the twelve frames count as one
    assert all(re.search(r'<img[^>]* alt="[^"]+"', picture) for picture in ran.pictures)


def every_check_is_green_at_the_end(ran: FullRun) -> None:
    """But for a form's: its numbers are read off a run on one machine, and another's differ."""
    lines = ran.text("every-check").splitlines()
    assert len(lines) == 6
    assert all(
        "green" in line or ("_report" in line and "your record says" in line) for line in lines
    )


def each_record_is_in_a_file_and_in_an_output(ran: FullRun) -> None:
    data = [output.get("data", {}) for output in ran.outputs]
    shown = [one[record.MIME] for one in data if record.MIME in one]
    assert {r["experiment"] for r in shown} == {*ran.runs, "test_mode"}
    assert len(list((ran.folder / "results").iterdir())) == len(shown)


def with_batchnorm_half_is_reached_at_once_and_without_it_takes_epochs(ran: FullRun) -> None:
    with_, without = ran.runs["deep_net"]
    assert first_half(with_) == 1
    assert first_half(without) in range(3, 11)


def the_gap_is_larger_with_batchnorm(ran: FullRun) -> None:
    with_, without = (r.train_accuracy[-1] - r.val_accuracy[-1] for r in ran.runs["deep_net"])
    assert with_ > without + 0.03


def the_plain_net_learns_in_a_narrow_range_of_scales(ran: FullRun) -> None:
    plain = [r.best_val for r in ran.without]
    assert max(plain[:11]) < 0.3
    assert plain.index(max(plain)) in (14, 15, 16)
    assert sum(value >= 0.7 for value in plain) in range(1, 6)
    assert all(r.final_loss > 2.3 for r in ran.without[17:])


def with_batchnorm_every_scale_learns_and_not_equally(ran: FullRun) -> None:
    accuracies = [r.best_val for r in ran.with_batchnorm]
    assert min(accuracies) > 0.25
    assert max(accuracies) > 0.7
    assert accuracies[-1] < 0.55
    assert sum(value >= 0.7 for value in accuracies) in range(6, 13)


def plain_wins_or_ties_somewhere(ran: FullRun) -> None:
    pairs = zip(ran.without, ran.with_batchnorm, strict=True)
    assert any(plain.best_val >= normalized.best_val for plain, normalized in pairs)


def only_the_larger_learning_rate_rescues_scale_one(ran: FullRun) -> None:
    as_it_was, *remedies = (r.best_val for r in ran.runs["rescue"])
    eps, rate, momentum, frozen, last = remedies
    assert rate > as_it_was + 0.15
    assert max(eps, momentum, frozen) < as_it_was + 0.05
    assert rate > last > as_it_was + 0.1


def only_a_small_last_layer_begins_where_all_scores_are_alike(ran: FullRun) -> None:
    first = [r.losses[0] for r in ran.runs["rescue"]]
    assert min(first[:-1]) > 5
    assert first[-1] == pytest.approx(np.log(10), abs=0.05)


def training_mode_on_shuffled_batches_comes_out_ahead_of_test_mode(ran: FullRun) -> None:
    used = record.measured("test_mode", ran.folder / "results")
    assert used["train_shuffled"] > used["test"]
    assert used["train_sorted"] < 0.3
    assert used["train_single"] < 0.2


def a_large_step_is_fine_with_batchnorm_only(ran: FullRun) -> None:
    with_, without = ran.runs["learning_rate"][2], ran.runs["learning_rate"][6]
    assert with_.best_val > 0.65
    assert without.best_val < 0.45


OF_THE_FIRST = (
    nothing_is_written_to_stderr,
    every_picture_of_the_first_is_there_and_says_what_it_shows,
    the_solution_reaches_the_highest_tier_with_room,
)
OF_THE_SECOND = (
    nothing_is_written_to_stderr,
    every_picture_of_the_second_is_there_and_says_what_it_shows,
    every_check_is_green_at_the_end,
    each_record_is_in_a_file_and_in_an_output,
    with_batchnorm_half_is_reached_at_once_and_without_it_takes_epochs,
    the_gap_is_larger_with_batchnorm,
    the_plain_net_learns_in_a_narrow_range_of_scales,
    with_batchnorm_every_scale_learns_and_not_equally,
    plain_wins_or_ties_somewhere,
    only_the_larger_learning_rate_rescues_scale_one,
    only_a_small_last_layer_begins_where_all_scores_are_alike,
    training_mode_on_shuffled_batches_comes_out_ahead_of_test_mode,
    a_large_step_is_fine_with_batchnorm_only,
)
