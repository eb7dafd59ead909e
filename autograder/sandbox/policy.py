"""The limits of a sandbox: one table, each with its unit and what the student's code sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from autograder.sandbox.wire import Limits

MIB = 1 << 20


def _limit(default: float, unit: str, effect: str) -> Any:
    """Return a field of the table: its default, its unit and what happens past it."""
    return field(default=default, metadata={"unit": unit, "effect": effect})


@dataclass(frozen=True, slots=True)
class Policy:
    """What one submission may use."""

    cell_cpu: float = _limit(20, "s CPU", "the cell is dropped, the others run without it")
    later_cell_cpu: float = _limit(4, "s CPU", "as above, once a cell of the submission hung")
    cell_wall: float = _limit(40, "s", "as for CPU: a cell that sleeps")
    check_cpu: float = _limit(5, "s CPU", "the check is `timeout`")
    check_wall: float = _limit(15, "s", "as for CPU: a function that sleeps")
    submission_wall: float = _limit(90, "s", "cells not yet run are skipped, checks are `timeout`")
    memory: int = _limit(2048 * MIB, "bytes, all processes", "the processes are killed")
    process_memory: int = _limit(1536 * MIB, "bytes a process", "MemoryError")
    address_space: int = _limit(4096 * MIB, "bytes a process", "MemoryError")
    tasks: int = _limit(128, "processes and threads", "fork fails, or the processes are killed")
    open_files: int = _limit(256, "files a process", "OSError")
    disk: int = _limit(64 * MIB, "bytes in all files", "OSError: no space left")
    inodes: int = _limit(4096, "files and folders", "OSError: no space left")
    shared_memory: int = _limit(16 * MIB, "bytes in /dev/shm", "OSError: no space left")
    stream_bytes: int = _limit(MIB // 4, "bytes of text a cell", "the rest is dropped")
    output_bytes: int = _limit(4 * MIB, "bytes of all output a cell", "the rest is dropped")
    total_output_bytes: int = _limit(32 * MIB, "bytes of output", "the rest is dropped")
    reply_bytes: int = _limit(8 * MIB, "bytes of arrays in a reply", "the reply is no answer")
    reply_items: int = _limit(10_000, "values in a returned tuple", "the reply is no answer")
    nesting: int = _limit(72, "levels in a reply", "the reply is no answer")
    restarts: int = _limit(16, "fresh starts of one notebook", "cells not yet run are skipped")

    def rows(self) -> Iterator[tuple[str, float, str, str]]:
        """Yield (name, value, unit, what happens past it), for people to read."""
        for row in fields(self):
            yield row.name, getattr(self, row.name), row.metadata["unit"], row.metadata["effect"]

    @property
    def reply_limits(self) -> Limits:
        """Return the wire limits for an answer to a request."""
        return Limits(array_bytes=self.reply_bytes, depth=self.nesting, handles=False)

    @property
    def cell_limits(self) -> Limits:
        """Return the wire limits for the outputs of a cell: text in JSON, up to 6 bytes each."""
        size = 6 * self.output_bytes
        return Limits(
            header_bytes=size, array_bytes=0, nodes=size // 8, depth=self.nesting, plain=True
        )


POLICY = Policy()
