"""Records are read from bytes that anybody can have written."""

from __future__ import annotations

import json
from pathlib import Path, PurePath
from typing import Any

import pytest

from autograder.assignments.batchnorm import records
from autograder.assignments.batchnorm.records import (
    EXPERIMENTS,
    MAX_RECORD_BYTES,
    MIME,
    collect,
    parse,
    parse_all,
)
from autograder.submission.intake import read_submission
from autograder.submission.reader import SubmittedFile

DATA = Path(records.__file__).parent / "proof" / "records"


def raw(experiment: str = "deep_net") -> bytes:
    return (DATA / f"{experiment}.json").read_bytes()


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(raw()) | fields).encode()


def changed_run(**fields: Any) -> bytes:
    record = json.loads(raw())
    record["runs"][0] |= fields
    return json.dumps(record).encode()


def cell(*records: Any) -> dict[str, Any]:
    outputs = [{"output_type": "display_data", "data": {MIME: record}} for record in records]
    return {"cell_type": "code", "id": "run", "source": "", "metadata": {}, "outputs": outputs}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_real_record_is_read(experiment: str) -> None:
    record = parse(raw(experiment), experiment)
    assert record is not None
    assert record.experiment == experiment


def test_a_run_has_its_numbers() -> None:
    record = parse(raw(), "deep_net")
    assert record is not None
    run = record.run("with")
    assert run is not None
    assert run.settings.hidden_dims == (100,) * 5
    assert run.best_val == 0.775
    assert run.val_accuracy[-1] == 0.763
    assert record.run("nobody") is None


def test_a_loss_that_was_not_finite_is_none_and_the_run_a_record() -> None:
    fields = {"losses": [2.3, None], "diverged_at": 2, "val_accuracy": [], "train_accuracy": []}
    record = parse(changed_run(**fields), "deep_net")
    assert record is not None
    assert record.runs[0].losses == (2.3, None)
    assert record.runs[0].best_val == 0.0


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"format": 1, "x": ' + b"[" * 100_000,
        b" " * (MAX_RECORD_BYTES + 1),
        raw("rescue"),
        raw()[:-20],
        changed(format=2),
        changed(runs={}),
        changed(runs=[1]),
        changed(measured={"test": 76.3}),
        changed(measured={"test": "0.7"}),
        changed_run(losses="2.3"),
        changed_run(losses=[[2.3]]),
        changed_run(val_accuracy=[76.3]),
        changed_run(val_accuracy=[-0.1]),
        changed_run(val_accuracy=[0.5] * 2000),
        changed_run(name="x" * 1000),
        changed_run(settings={}),
        changed_run(losses=[float("nan")]),
        changed_run(losses=[10**400]),
    ],
)
def test_what_is_not_a_record_is_none(junk: bytes) -> None:
    assert parse(junk, "deep_net") is None


def test_more_fields_than_asked_for_do_no_harm() -> None:
    assert parse(changed(note="mine"), "deep_net") is not None


def submitted(folder: Path) -> SubmittedFile:
    return SubmittedFile(folder, PurePath("results", "deep_net.json"))


def test_a_file_comes_before_the_output_of_its_cell(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    file = tmp_path / "results" / "deep_net.json"
    file.write_bytes(changed(measured={"from": 0.1}))
    shown = json.loads(changed(measured={"from": 0.2}))
    both = parse_all(collect([submitted(tmp_path)], [[cell(shown)]]))
    assert both["deep_net"].measured == {"from": 0.1}
    file.write_bytes(b"half a fi")
    one = parse_all(collect([submitted(tmp_path)], [[cell(shown)]]))
    assert one["deep_net"].measured == {"from": 0.2}


def test_of_several_outputs_the_last_counts() -> None:
    shown = [json.loads(changed(measured={"from": n / 10})) for n in range(6)]
    assert parse_all(collect([], [[cell(*shown)]]))["deep_net"].measured == {"from": 0.5}


@pytest.mark.parametrize(
    "outputs",
    [None, 3, [None], [[]], [{"data": 3}], [{"data": {MIME: "text"}}], [{"data": {MIME: []}}]],
    ids=str,
)
def test_odd_outputs_hold_no_record(outputs: Any) -> None:
    assert parse_all(collect([], [[{"outputs": outputs}]])) == {}


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    file = tmp_path / "results" / "deep_net.json"
    file.write_bytes(raw() + b" " * MAX_RECORD_BYTES)
    assert collect([submitted(tmp_path)], [])["deep_net"] == ()


def notebook(path: Path, *cells: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content))


def test_intake_carries_what_was_handed_in_and_follows_no_link(tmp_path: Path) -> None:
    notebook(tmp_path / "release" / "nb.ipynb", cell())
    folder = tmp_path / "submitted"
    notebook(folder / "nb.ipynb", cell(json.loads(raw())))
    (folder / "results").mkdir()
    (folder / "results" / "rescue.json").write_bytes(raw("rescue"))
    (folder / "results" / "weight_scale.json").symlink_to(DATA / "weight_scale.json")
    submission = read_submission(folder, tmp_path / "release", records)
    assert set(parse_all(submission.records)) == {"deep_net", "rescue"}
