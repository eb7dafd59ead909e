"""The system calls that a jail may make: a seccomp filter by allow list, as classic BPF.

Whatever is not named here fails with ENOSYS, as on a kernel that lacks it, so that libraries take
their older way (`clone` for `clone3`); new calls of new kernels are closed before anybody looks
at them. What a notebook may expect is refused with the error that its manual page gives it:

- no socket leads anywhere: only connected pairs of AF_UNIX, which event loops wake themselves with;
- nobody changes how processes share the processors, for waiting for one is not counted;
- what happens when a child ends stays as it is (SIGCHLD), for the kernel does not count the time
  of children that nobody waits for;
- memory that no mapping shows is not made (`memfd_create`, System V, larger socket buffers).
"""

from __future__ import annotations

import errno
import platform
import signal
import struct
from collections.abc import Iterator
from functools import lru_cache

from . import kernel

_RECORD = struct.Struct("=HBBI")
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_IF_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000

# name: (number on x86_64, number on aarch64); None where there is none
# fmt: off
_FILES = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70), "preadv2": (327, 286),
    "pwritev2": (328, 287), "open": (2, None), "openat": (257, 56), "creat": (85, None),
    "close": (3, 57), "close_range": (436, 436), "lseek": (8, 62), "stat": (4, None),
    "fstat": (5, 80), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291),
    "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None),
    "readlinkat": (267, 78), "getdents": (78, None), "getdents64": (217, 61), "getcwd": (79, 17),
    "chdir": (80, 49), "fchdir": (81, 50), "mkdir": (83, None), "mkdirat": (258, 34),
    "rmdir": (84, None), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "link": (86, None), "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36),
    "unlink": (87, None), "unlinkat": (263, 35), "mknod": (133, None), "mknodat": (259, 33),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "umask": (95, 166), "utime": (132, None), "utimes": (235, None), "futimesat": (261, None),
    "utimensat": (280, 88), "truncate": (76, 45), "ftruncate": (77, 46), "fallocate": (285, 47),
    "fadvise64": (221, 223), "fsync": (74, 82), "fdatasync": (75, 83), "flock": (73, 32),
    "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "fcntl": (72, 25), "ioctl": (16, 29),
    "sendfile": (40, 71), "splice": (275, 76), "copy_file_range": (326, 285), "statfs": (137, 43),
    "fstatfs": (138, 44), "getxattr": (191, 8), "lgetxattr": (192, 9), "fgetxattr": (193, 10),
    "listxattr": (194, 11), "llistxattr": (195, 12), "flistxattr": (196, 13),
}
_MEMORY = {
    "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216),
    "brk": (12, 214), "madvise": (28, 233), "msync": (26, 227), "mincore": (27, 232),
    "membarrier": (324, 283),
}
_PROCESSES = {
    "clone": (56, 220), "fork": (57, None), "vfork": (58, None), "execve": (59, 221),
    "exit": (60, 93), "exit_group": (231, 94), "wait4": (61, 260), "waitid": (247, 95),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424), "getpid": (39, 172), "gettid": (186, 178),
    "getppid": (110, 173), "getpgrp": (111, None), "getpgid": (121, 155), "setpgid": (109, 154),
    "getsid": (124, 156), "setsid": (112, 157), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getgroups": (115, 158), "getresuid": (118, 148),
    "getresgid": (120, 150), "capget": (125, 90), "prctl": (157, 167), "arch_prctl": (158, None),
    "set_tid_address": (218, 96), "set_robust_list": (273, 99), "get_robust_list": (274, 100),
    "rseq": (334, 293), "futex": (202, 98), "getrlimit": (97, 163), "setrlimit": (160, 164),
    "prlimit64": (302, 261), "getrusage": (98, 165), "times": (100, 153), "uname": (63, 160),
    "sysinfo": (99, 179), "getcpu": (309, 168), "getrandom": (318, 278),
    "restart_syscall": (219, 128),
}
_SCHEDULING = {
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120), "sched_getattr": (315, 275),
    "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126),
    "sched_rr_get_interval": (148, 127), "getpriority": (140, 141), "ioprio_get": (252, 31),
}
_SIGNALS = {
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "rt_sigsuspend": (130, 133), "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "sigaltstack": (131, 132),
    "pause": (34, None), "signalfd": (282, None), "signalfd4": (289, 74),
}
_TIME = {
    "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "clock_gettime": (228, 113),
    "clock_getres": (229, 114), "gettimeofday": (96, 169), "time": (201, None), "alarm": (37, None),
    "setitimer": (38, 103), "getitimer": (36, 102), "timer_create": (222, 107),
    "timer_settime": (223, 110), "timer_gettime": (224, 108), "timer_getoverrun": (225, 109),
    "timer_delete": (226, 111), "timerfd_create": (283, 85), "timerfd_settime": (286, 86),
    "timerfd_gettime": (287, 87),
}
_WAITING = {
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_wait": (232, None), "epoll_pwait": (281, 22), "epoll_pwait2": (441, 441),
    "eventfd": (284, None), "eventfd2": (290, 19), "pipe": (22, None), "pipe2": (293, 59),
}
_MESSAGES = {
    "socketpair": (53, 199), "sendto": (44, 206), "recvfrom": (45, 207), "sendmsg": (46, 211),
    "recvmsg": (47, 212), "shutdown": (48, 210), "getsockopt": (55, 209), "getsockname": (51, 204),
    "getpeername": (52, 205),
}
# fmt: on
_ALLOWED = (_FILES, _MEMORY, _PROCESSES, _SCHEDULING, _SIGNALS, _TIME, _WAITING, _MESSAGES)
_REFUSED = {
    "socket": (41, 198),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
}
_ERRORS = {"socket": errno.EAFNOSUPPORT}
"""What a refused call fails with, if not with EPERM."""

_AF_UNIX = 1
_TERMINALS = (0x5401, 0x540F, 0x5410, 0x5413)  # TCGETS, TIOCGPGRP, TIOCSPGRP, TIOCGWINSZ
_DESCRIPTORS = (0x541B, 0x5421, 0x5450, 0x5451)  # FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_PROCESS_ATTRIBUTES = (
    *(kernel.PR_SET_PDEATHSIG, kernel.PR_GET_DUMPABLE, kernel.PR_SET_DUMPABLE),
    *(kernel.PR_SET_NAME, kernel.PR_GET_NAME, kernel.PR_GET_NO_NEW_PRIVS),
)
_ONLY = {  # name: (argument, the values that it may have, what others give)
    "socketpair": (0, (_AF_UNIX,), errno.EAFNOSUPPORT),
    "ioctl": (1, (*_TERMINALS, *_DESCRIPTORS), errno.ENOTTY),
    "prctl": (0, _PROCESS_ATTRIBUTES, errno.EINVAL),
}
_NEVER = {  # name: (test of the first argument, value or bits)
    "rt_sigaction": (_JUMP_EQUAL, signal.SIGCHLD),
    "clone": (_JUMP_IF_SET, kernel.NAMESPACES),
}


@lru_cache(maxsize=1)
def program(machine: str | None = None) -> bytes:
    """Return the filter for a machine, by default this one. Raises OSError for unknown ones."""
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        raise OSError(f"no system call numbers for {machine}")
    return b"".join(_records(machine))


def count(machine: str | None = None) -> int:
    """Return how many calls are allowed on a machine, by default this one; of unknown ones 0."""
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        return 0
    column = list(_ARCHITECTURES).index(machine)
    return sum(numbers[column] is not None for table in _ALLOWED for numbers in table.values())


def _records(machine: str) -> Iterator[bytes]:
    column = list(_ARCHITECTURES).index(machine)
    missing = _fail(errno.ENOSYS)
    yield _RECORD.pack(_LOAD, 0, 0, _ARCHITECTURE)
    yield _RECORD.pack(_JUMP_EQUAL, 1, 0, _ARCHITECTURES[machine])
    yield missing
    yield _RECORD.pack(_LOAD, 0, 0, _NUMBER)
    if machine == "x86_64":
        yield _RECORD.pack(_JUMP_AT_LEAST, 0, 1, _X32)
        yield missing
    for table in (*_ALLOWED, _REFUSED):
        for name, numbers in table.items():
            if (number := numbers[column]) is not None:
                answer = _refuse(name) if table is _REFUSED else list(_answer(name))
                yield _RECORD.pack(_JUMP_EQUAL, 0, len(answer), number)
                yield from answer
    yield missing


def _answer(name: str) -> Iterator[bytes]:
    """Yield what decides about a call that is allowed, if need be by one of its arguments."""
    allow = _RECORD.pack(_RETURN, 0, 0, _ALLOW)
    if name in _ONLY:
        argument, values, error = _ONLY[name]
        yield _RECORD.pack(_LOAD, 0, 0, _FIRST_ARGUMENT + 8 * argument)
        for place, value in enumerate(values):
            yield _RECORD.pack(_JUMP_EQUAL, len(values) - place, 0, value)
        yield _fail(error)
    elif name in _NEVER:
        test, value = _NEVER[name]
        yield _RECORD.pack(_LOAD, 0, 0, _FIRST_ARGUMENT)
        yield _RECORD.pack(test, 0, 1, value)
        yield _fail(errno.EPERM)
    yield allow


def _refuse(name: str) -> list[bytes]:
    return [_fail(_ERRORS.get(name, errno.EPERM))]


def _fail(error: int) -> bytes:
    return _RECORD.pack(_RETURN, 0, 0, _ERRNO | error)
