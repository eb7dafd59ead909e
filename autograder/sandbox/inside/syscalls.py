"""The system calls that a jail does without: a seccomp filter, as classic BPF.

They fail with ENOSYS, as on a kernel that lacks them. Each is here for one of three reasons: it
makes memory that nobody's mappings account for, it reaches what namespaces do not divide, or it is
a part of the kernel that no notebook needs and attackers like.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Iterator

_RECORD = struct.Struct("=HBBI")
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: all of them end in empty namespaces

# name: (number on x86_64, number on aarch64)
_SOCKET = (41, 198)
_UNACCOUNTED = {
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
_UNDIVIDED = {
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "syslog": (103, 116),
    "perf_event_open": (298, 241),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "setns": (308, 268),
    "unshare": (272, 97),
}
_UNNEEDED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "fanotify_init": (300, 262),
    "personality": (135, 92),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
}


def program(machine: str | None = None) -> bytes:
    """Return the filter for a machine, by default this one. Raises OSError for unknown ones."""
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        raise OSError(f"no system call numbers for {machine}")
    return b"".join(_records(machine))


def _records(machine: str) -> Iterator[bytes]:
    column = list(_ARCHITECTURES).index(machine)
    missing = _RECORD.pack(_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
    yield _RECORD.pack(_LOAD, 0, 0, _ARCHITECTURE)
    yield _RECORD.pack(_JUMP_EQUAL, 1, 0, _ARCHITECTURES[machine])
    yield missing
    yield _RECORD.pack(_LOAD, 0, 0, _NUMBER)
    if machine == "x86_64":
        yield _RECORD.pack(_JUMP_AT_LEAST, 0, 1, _X32)
        yield missing
    for table in (_UNACCOUNTED, _UNDIVIDED, _UNNEEDED):
        for numbers in table.values():
            yield _RECORD.pack(_JUMP_EQUAL, 0, 1, numbers[column])
            yield missing
    yield _RECORD.pack(_JUMP_EQUAL, 0, len(_FAMILIES) + 2, _SOCKET[column])
    yield _RECORD.pack(_LOAD, 0, 0, _FIRST_ARGUMENT)
    for place, family in enumerate(_FAMILIES):
        yield _RECORD.pack(_JUMP_EQUAL, len(_FAMILIES) - place, 0, family)
    yield _RECORD.pack(_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT)
    yield _RECORD.pack(_RETURN, 0, 0, _ALLOW)
