"""The limits of a sandbox: one table, each with its unit and what the student's code sees of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from autograder.sandbox.wire import Limits

MIB = 1 << 20


class Policy(msgspec.Struct, frozen=True):
    """What one submission may use; `EFFECTS` says in which units, and what happens past it."""

    cell_cpu: float = 6
    later_cell_cpu: float = 1.5
    cell_wall: float = 8
    check_cpu: float = 3
    later_check_cpu: float = 1
    check_wall: float = 6
    later_check_wall: float = 2
    submission_wall: float = 24
    memory: int = 2048 * MIB
    process_memory: int = 1536 * MIB
    address_space: int = 4096 * MIB
    tasks: int = 128
    open_files: int = 256
    disk: int = 64 * MIB
    inodes: int = 4096
    shared_memory: int = 16 * MIB
    stream_bytes: int = MIB // 4
    output_bytes: int = 4 * MIB
    outputs: int = 500
    total_output_bytes: int = 32 * MIB
    reply_bytes: int = 8 * MIB
    reply_items: int = 10_000
    nesting: int = 72
    restarts: int = 16

    def rows(self) -> Iterator[tuple[str, float, str, str]]:
        """Yield (name, value, unit, what happens past it), for people to read."""
        for name in self.__struct_fields__:
            yield name, getattr(self, name), *EFFECTS[name]

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


EFFECTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "cell_cpu": ("s CPU", "the cell is dropped, the others run without it"),
        "later_cell_cpu": ("s CPU", "as above, once a cell of the submission hung"),
        "cell_wall": ("s", "as for CPU: a cell that sleeps"),
        "check_cpu": ("s CPU", "the check is `timeout`"),
        "later_check_cpu": ("s CPU", "as above, once a check of the submission was `timeout`"),
        "check_wall": ("s", "as for CPU: a function that sleeps"),
        "later_check_wall": ("s", "as above, once a check of the submission was `timeout`"),
        "submission_wall": (
            "s, or s CPU if that is more",
            "cells not yet run are skipped, checks are `timeout`",
        ),
        "memory": ("bytes, all processes", "the processes are killed"),
        "process_memory": ("bytes a process", "MemoryError"),
        "address_space": ("bytes a process", "MemoryError"),
        "tasks": ("processes and threads", "fork fails, or the processes are killed"),
        "open_files": ("files a process", "OSError"),
        "disk": ("bytes in all files", "OSError: no space left"),
        "inodes": ("files and folders", "OSError: no space left"),
        "shared_memory": ("bytes in /dev/shm", "OSError: no space left"),
        "stream_bytes": ("bytes of text a cell", "the rest is dropped"),
        "output_bytes": ("bytes of all output a cell", "the rest is dropped"),
        "outputs": ("outputs a cell", "those in the middle are dropped"),
        "total_output_bytes": ("bytes of output", "the rest is dropped"),
        "reply_bytes": ("bytes of arrays in a reply", "the reply is no answer"),
        "reply_items": ("values in a returned tuple", "the reply is no answer"),
        "nesting": ("levels in a reply", "the reply is no answer"),
        "restarts": ("fresh starts of one notebook", "cells not yet run are skipped"),
    }
)
POLICY = Policy()
CLASSIC = Policy(
    cell_cpu=20,
    later_cell_cpu=4,
    cell_wall=40,
    check_cpu=5,
    check_wall=15,
    later_check_cpu=5,
    later_check_wall=15,
    submission_wall=90,
)
"""For ordinary notebooks, whose own experiments nobody has measured or shortened."""
