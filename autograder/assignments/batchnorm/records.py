"""What a student's experiments wrote down, read from the submission without trusting it.

An experiment leaves `results/<experiment>.json` beside the notebook and the same object in
the output of the cell that ran it. Both are bytes that anybody can have written. They are
read here into plain numbers within caps; whether they are the student's own is for the
checks to find out (`autograder.assignments.batchnorm.checks.repetition`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from autograder.submission.reader import SubmittedFile

Experiment = Literal["deep_net", "test_mode", "weight_scale", "rescue"]
EXPERIMENTS: tuple[Experiment, ...] = get_args(Experiment)
"""Those that a question asks for; other records are not read."""

FOLDER = "results"
MIME = "application/vnd.batchnorm.record+json"
MAX_RECORD_BYTES = 1_000_000
"""Ten times the largest honest record: 40 runs of 200 losses take 100 kB."""
MAX_CANDIDATES = 4
"""Copies of one experiment's record that are looked at: the file, and outputs of its cell."""

Fraction = Annotated[float, Meta(ge=0, le=1)]
Name = Annotated[str, Meta(max_length=100)]
Number = Annotated[float, Meta(ge=-1e300, le=1e300)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that is needed to repeat a run, as `support.record` writes it."""

    hidden_dims: Annotated[tuple[int, ...], Meta(max_length=50)]
    use_batchnorm: bool
    weight_scale: Annotated[float, Meta(gt=0, le=1e6)]
    seed: Annotated[int, Meta(ge=0, lt=2**32)]
    update_rule: Name
    learning_rate: Annotated[float, Meta(gt=0, le=1e6)]
    batch_size: int
    epochs: int
    num_train: int
    lr_decay: Number = 1.0
    frozen: bool = False
    bn_param: Annotated[dict[Name, Number], Meta(max_length=10)] = {}


class Run(msgspec.Struct, frozen=True):
    """One training.

    A run that diverged is a result like any other: its last loss is None, and it has
    accuracies of the epochs it came through, perhaps none.
    """

    name: Name
    settings: Settings
    losses: Annotated[tuple[Number | None, ...], Meta(max_length=100_000)]
    """One an iteration; None where it was not finite."""
    train_accuracy: Annotated[tuple[Fraction, ...], Meta(max_length=1000)]
    """After each epoch, the first after epoch 1."""
    val_accuracy: Annotated[tuple[Fraction, ...], Meta(max_length=1000)]
    diverged_at: int | None = None

    @property
    def best_val(self) -> float:
        """The best validation accuracy of all epochs; 0 if no epoch came to its end."""
        return max(self.val_accuracy, default=0.0)

    @property
    def best_train(self) -> float:
        """The best training accuracy of all epochs; 0 if no epoch came to its end."""
        return max(self.train_accuracy, default=0.0)


class Record(msgspec.Struct, frozen=True):
    """One experiment: its runs, and numbers measured beside them."""

    format: Literal[1]
    experiment: Name
    runs: Annotated[tuple[Run, ...], Meta(max_length=200)]
    measured: Annotated[dict[Name, Fraction], Meta(max_length=50)] = {}

    def run(self, name: str) -> Run | None:
        """The run of this name; of several the last."""
        return {run.name: run for run in self.runs}.get(name)


def parse(raw: bytes, experiment: str) -> Record | None:
    """Read one record; None if these bytes are not a record of this experiment."""
    if len(raw) > MAX_RECORD_BYTES:
        return None
    try:
        record = msgspec.json.decode(raw, type=Record)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None
    return record if record.experiment == experiment else None


def parse_all(handed_in: Mapping[Experiment, Sequence[bytes]]) -> dict[Experiment, Record]:
    """Per experiment the first of its copies that is a record."""
    read = {
        name: next((record for raw in copies if (record := parse(raw, name))), None)
        for name, copies in handed_in.items()
    }
    return {name: record for name, record in read.items() if record is not None}


def collect(
    found: Iterable[SubmittedFile], notebooks: Iterable[Sequence[Mapping[str, Any]]]
) -> dict[Experiment, tuple[bytes, ...]]:
    """The copies of each record in a submission: files first, then outputs of cells.

    Args:
        found: the regular files of the submission.
        notebooks: the cells of each notebook as they were handed in, with their outputs.
    """
    files = [file for file in found if file.path.parent.name == FOLDER and file.suffix == ".json"]
    outputs = [one for cells in notebooks for cell in cells for one in _shown(cell.get("outputs"))]
    copies: dict[Experiment, tuple[bytes, ...]] = {}
    for name in EXPERIMENTS:
        own = [file for file in files if file.stem == name]
        nearest = sorted(own, key=lambda file: len(file.parts))[:MAX_CANDIDATES]
        in_files = [_read(file) for file in nearest]
        shown = [record for record in reversed(outputs) if record.get("experiment") == name]
        in_cells = [_encode(record) for record in shown[:MAX_CANDIDATES]]
        copies[name] = tuple([raw for raw in in_files + in_cells if raw][:MAX_CANDIDATES])
    return copies


def _shown(outputs: Any) -> list[dict[str, Any]]:
    """The objects of our type among a cell's outputs, whatever else stands there."""
    if not isinstance(outputs, list):
        return []
    data = [output.get("data") for output in outputs if isinstance(output, dict)]
    shown = [bundle.get(MIME) for bundle in data if isinstance(bundle, dict)]
    return [record for record in shown if isinstance(record, dict)]


def _read(file: SubmittedFile) -> bytes:
    """A file's bytes; nothing of one that is too large or cannot be read."""
    try:
        return file.read(MAX_RECORD_BYTES)
    except OSError:
        return b""


def _encode(record: dict[str, Any]) -> bytes:
    try:
        return json.dumps(record).encode()
    except (ValueError, RecursionError):
        return b""
