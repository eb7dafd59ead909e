"""What a record can plausibly hold, from the reference's own runs over 24 seeds.

    python benchmarks/measure_plausible.py FOLDER

lets `honest_records.py` write the records that are not in FOLDER yet (six minutes on one core), and
writes the smallest and largest value of each field into the hidden checks' `plausible.json`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from autograder.assignments.batchnorm.checks import plausible
from autograder.assignments.batchnorm.checks.own_record import REMEDIES, SCALES
from autograder.assignments.batchnorm.records import Record, parse

SEEDS = range(24)
KERNEL, STYLE = "Haswell", "reference"


def by_kind(folder: Path) -> dict[str, Any]:
    """The runs of one folder of records, by kind, and what was measured in test mode."""

    def record(experiment: str) -> Record:
        read = parse((folder / f"{experiment}.json").read_bytes(), experiment)
        assert read is not None, folder
        return read

    nets = ("with", "without")
    sweep = iter(record("weight_scale").runs)
    deep, rescue = record("deep_net"), record("rescue")
    return {
        **{f"deep_net {net}": deep.run(net) for net in nets},
        **{f"weight_scale {net} {scale:.2g}": next(sweep) for net in nets for scale in SCALES},
        **{f"rescue {name}": rescue.run(name) for name in REMEDIES},
        "test_mode": record("test_mode").measured,
    }


def main() -> None:
    """Measure, and write the ranges down."""
    folder = Path(sys.argv[1])
    script = Path(__file__).with_name("honest_records.py")
    command = [sys.executable, str(script), str(folder), "--kernels", KERNEL, "--styles", STYLE]
    subprocess.run([*command, "--seeds", *map(str, SEEDS)], check=True)
    records = [by_kind(folder / f"{STYLE}-{KERNEL}-{seed}") for seed in SEEDS]
    found = plausible.measured({kind: [one[kind] for one in records] for kind in records[0]})
    lines = [
        f" {msgspec.json.encode(name).decode()}: {msgspec.json.encode(kind).decode()}"
        for name, kind in found.items()
    ]
    plausible.RANGES.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
